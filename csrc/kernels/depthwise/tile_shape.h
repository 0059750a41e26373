// SPDX-License-Identifier: Apache-2.0
// What tiles of fixed size of family depthwise have in common.
#pragma once

#include "kernels/depthwise/depthwise.h"
#include "simd/activation.h"

namespace lite::depthwise {
namespace {

using Element = Simd::Element;
using Elements = StripOf<Element>;
constexpr int kWidth = Simd::kWidth;
// Columns of outputs of the wide and of the narrow tile; two rows of them are accumulated at once.
constexpr int kWide = Simd::kRegisters >= 32 ? 7 : 4;
constexpr int kNarrow = Simd::kRegisters >= 32 ? 4 : 2;
constexpr int kGenericColumns = 4;

// Where a tile of fixed size lies: its first input, which may be outside of the image, and the rows
// and columns of its inputs that are inside.
struct Place {
  int64_t input, output;  // in elements, from the image's first
  int64_t row_begin, row_end, column_begin, column_end;
};

template <int kKernel, int kStride, int kRows, int kColumns>
struct Shape {
  static constexpr int kInputRows = (kRows - 1) * kStride + kKernel;
  static constexpr int kInputColumns = (kColumns - 1) * kStride + kKernel;
};

// Inputs of a tile that may be outside of the image: so many at either end, of rows and columns.
template <int kKernel>
constexpr int kPadding = kKernel / 2;

// Whether one of kCount rows or columns is outside; nothing is asked in the middle of a tile.
template <int kKernel, int kCount>
LITE_INLINE bool outside(int index, int64_t begin, int64_t end) {
  return (index < kPadding<kKernel> && index < begin) ||
         (index >= kCount - kPadding<kKernel> && index >= end);
}

// An input in a row and a column of a tile, times taps, into all sums that it takes part in.
template <int kKernel, int kStride, int kRows, int kColumns>
LITE_INLINE void add_input(int row, int column, Simd::f32 value,
                           const Simd::f32 (&taps)[kRows][kKernel],
                           Simd::f32 (&sums)[kRows][kColumns]) {
  LITE_UNROLL
  for (int i = 0; i < kRows; ++i) {
    const int ky = row - i * kStride;
    LITE_UNROLL
    for (int j = 0; j < kColumns; ++j) {
      const int kx = column - j * kStride;
      if (ky >= 0 && ky < kKernel && kx >= 0 && kx < kKernel)
        sums[i][j] = Simd::fma(value, taps[i][kx], sums[i][j]);
    }
  }
}

// What is no bound is applied to what was just stored, one vector of channels.
__attribute__((noinline)) void activate_tile(const Elements& strip, Element* y, int rows,
                                             int columns) {
  for (int i = 0; i < rows; ++i, y += strip.out_width * strip.y_pitch)
    apply_activation(strip.activation, y, strip.y_pitch, columns, kWidth);
}

}  // namespace
}  // namespace lite::depthwise
