// SPDX-License-Identifier: Apache-2.0
// Tiles of fixed size for short vectors and many registers. With more loads ahead than there are
// registers, compilers would put sums on the stack: nothing is loaded before its row of inputs
// begins. And what is outside of the image at the left or at the right is read as zeros, so that a
// row needs no branches.
#pragma once

#include "kernels/depthwise/tile_shape.h"

namespace lite::depthwise {
namespace {

constexpr bool kRowByRow = Simd::kLanes > 1 && Simd::kRegisters >= 32;

// What follows is read from memory again.
LITE_INLINE void forget() { asm volatile("" ::: "memory"); }

// Of a row of inputs: its first vector, and that of the weights.
struct RowInputs {
  const Element* x;
  const Element* w;
  const Element* zeros;
  int64_t x_pitch, channels;
};

// One row of inputs of a tile, into all sums that it takes part in, which are complete when it
// ends.
template <int kKernel, int kStride, int kRows, int kColumns, class Lanes = Simd>
LITE_INLINE void add_whole_row(int row, const Place& place, const RowInputs& inputs,
                               Simd::f32 (&sums)[kRows][kColumns]) {
  using S = Shape<kKernel, kStride, kRows, kColumns>;
  forget();
  Simd::f32 taps[kRows][kKernel];
  LITE_UNROLL
  for (int i = 0; i < kRows; ++i) {
    const int ky = row - i * kStride;
    if (ky < 0 || ky >= kKernel) continue;
    const Element* tap = inputs.w + ky * kKernel * inputs.channels;
    LITE_UNROLL
    for (int kx = 0; kx < kKernel; ++kx) taps[i][kx] = Lanes::load_step(tap, inputs.channels);
  }
  const Element* x = inputs.x;
  LITE_UNROLL
  for (int column = 0; column < S::kInputColumns; ++column) {
    const bool padding =
        outside<kKernel, S::kInputColumns>(column, place.column_begin, place.column_end);
    Simd::f32 value;
    if (column < kPadding<kKernel> || column >= S::kInputColumns - kPadding<kKernel>) {
      value = Simd::load(padding ? inputs.zeros : x);
      x += inputs.x_pitch;
    } else {
      value = Lanes::load_step(x, inputs.x_pitch);
    }
    add_input<kKernel, kStride>(row, column, value, taps, sums);
  }
  LITE_UNROLL
  for (int i = 0; i < kRows; ++i) LITE_UNROLL
  for (int j = 0; j < kColumns; ++j) Simd::settle(sums[i][j]);
}

// Copies and loads by turns: they take different units.
template <int kRows, int kColumns>
LITE_INLINE void begin_sums(const Element* bias, Simd::f32 (&sums)[kRows][kColumns]) {
  LITE_UNROLL
  for (int i = 0; i < kRows; ++i) LITE_UNROLL
  for (int j = 0; j < kColumns; ++j) {
    if (j % 2 == 0) forget();
    sums[i][j] = j % 2 == 0 ? Simd::load(bias) : sums[i][j - 1];
    Simd::settle(sums[i][j]);
  }
}

// Stores what may be bounded above, too: comparisons take the place of multiplications.
template <bool kBounded, int kRows, int kColumns, class Lanes = Simd>
LITE_INLINE void store_rows(const Activation& activation, Element* y, int64_t pitch,
                            int64_t row_pitch, const Simd::f32 (&sums)[kRows][kColumns]) {
  const Simd::f32 lo = Simd::broadcast(activation.lo), hi = Simd::broadcast(activation.hi);
  LITE_UNROLL
  for (int i = 0; i < kRows; ++i, y += row_pitch) {
    Element* target = y;
    LITE_UNROLL
    for (int j = 0; j < kColumns; ++j) {
      const Simd::f32 value = Simd::max(lo, sums[i][j]);
      Lanes::store_step(target, pitch, kBounded ? Simd::min(hi, value) : value);
    }
  }
}

// A tile of outputs. There are kWidth channels or more; the last vector of them overlaps the one
// before.
template <int kKernel, int kStride, int kRows, int kColumns>
__attribute__((noinline)) void run_row_tile(const Elements& strip, const Place& tile) {
  using S = Shape<kKernel, kStride, kRows, kColumns>;
  const Place place = tile;
  const Element* x = strip.x + place.input;
  const Element* w = strip.w;
  const Element* zeros = strip.zeros;
  const Element* bias = strip.bias != nullptr ? strip.bias : zeros;
  Element* y = strip.y + place.output;
  const int64_t channels = strip.channels, x_pitch = strip.x_pitch, y_pitch = strip.y_pitch;
  const int64_t row_pitch = strip.width * x_pitch, y_row_pitch = strip.out_width * y_pitch;
  const bool bounded = strip.activation.hi < __builtin_inff();
  for (int64_t next = strip.channel_begin; next < strip.channel_end; next += kWidth) {
    const int64_t c = next + kWidth <= strip.channel_end ? next : strip.channel_end - kWidth;
    Simd::f32 sums[kRows][kColumns];
    begin_sums(bias + c, sums);
    RowInputs inputs = {x + c, w + c, zeros + c, x_pitch, channels};
    LITE_UNROLL
    for (int row = 0; row < S::kInputRows; ++row, inputs.x += row_pitch)
      if (!outside<kKernel, S::kInputRows>(row, place.row_begin, place.row_end))
        add_whole_row<kKernel, kStride>(row, place, inputs, sums);
    if (bounded) {
      store_rows<true>(strip.activation, y + c, y_pitch, y_row_pitch, sums);
    } else {
      store_rows<false>(strip.activation, y + c, y_pitch, y_row_pitch, sums);
    }
    if (strip.activation.kind != ActivationKind::bounds)
      activate_tile(strip, y + c, kRows, kColumns);
  }
}

}  // namespace
}  // namespace lite::depthwise
