// SPDX-License-Identifier: Apache-2.0
// The family by dot products of pairs in vectors.
#pragma once

#include <cstring>

#include "kernels/bgemm/rounding.h"
#include "simd/activation.h"

namespace lite::bgemm {
namespace {

constexpr int kMaxRows = 8, kMaxPanels = 3;

// One statement of assembly, as GCC 12 copies the sums of the intrinsic around; volatile, or it
// puts pairs of later rows on the stack.
LITE_INLINE void add_products(Simd::f32& sums, __m512i a, __m512i b) {
  asm volatile("vdpbf16ps %2, %1, %0" : "+v"(sums) : "v"(a), "v"(b));
}

LITE_INLINE __m512i pair_at(const Bf16* a) {
  int32_t pair;
  std::memcpy(&pair, a, sizeof(pair));
  return _mm512_set1_epi32(pair);
}

// What the columns [column, column + kPanels * kPanel) of the block add to a row's sums.
template <int kPanels>
struct Finish {
  LITE_INLINE Finish(const Block& block, int64_t column)
      : block(block), column(column), rest(block.n - column), whole(rest >= kPanels * kPanel) {
    LITE_UNROLL
    for (int j = 0; j < kPanels; ++j)
      bias[j] = block.bias == nullptr
                    ? Simd::broadcast(0.0f)
                    : Simd::load_partial(block.bias + column + j * kPanel, existing(j));
  }

  [[nodiscard]] LITE_INLINE int existing(int j) const { return lanes(rest - j * kPanel); }

  LITE_INLINE void row(int64_t i, const Simd::f32 (&sums)[kPanels]) const {
    const float* residual =
        block.residual == nullptr ? nullptr : block.residual + i * block.residual_stride + column;
    float* c = block.c + i * block.c_stride + column;
    LITE_UNROLL
    for (int j = 0; j < kPanels; ++j) {
      const int64_t at = j * kPanel;
      Simd::f32 y = Simd::add(sums[j], bias[j]);
      if (residual != nullptr)
        y = Simd::add(
            y, whole ? Simd::load(residual + at) : Simd::load_partial(residual + at, existing(j)));
      y = Simd::min(Simd::broadcast(block.activation.hi),
                    Simd::max(Simd::broadcast(block.activation.lo), y));
      if (whole) {
        Simd::store(c + at, y);
      } else {
        Simd::store_partial(c + at, y, existing(j));
      }
    }
  }

  // Of activations that are no bounds: over what was stored.
  LITE_INLINE void rows(int64_t first, int64_t count) const {
    apply_activation(block.activation, block.c + first * block.c_stride + column, block.c_stride,
                     count, whole ? kPanels * kPanel : rest);
  }

  const Block& block;
  int64_t column, rest;
  bool whole;
  Simd::f32 bias[kPanels];
};

template <int kRows, int kPanels>
LITE_INLINE void accumulate(const Block& block, const Bf16* b, int64_t row,
                            Simd::f32 (&sums)[kRows][kPanels]) {
  LITE_UNROLL
  for (int i = 0; i < kRows; ++i) LITE_UNROLL
  for (int j = 0; j < kPanels; ++j) sums[i][j] = Simd::broadcast(0.0f);
  for (int64_t tap = 0; tap < block.taps; ++tap) {
    const int64_t offset = block.offsets == nullptr ? 0 : block.offsets[tap];
    const Bf16* a[kRows];
    LITE_UNROLL
    for (int i = 0; i < kRows; ++i) a[i] = block.rows[row + i] + offset;
    for (int64_t k = 0; k < block.k; k += 2, b += 2 * kPanel) {
      __m512i columns[kPanels];
      LITE_UNROLL
      for (int j = 0; j < kPanels; ++j) columns[j] = _mm512_loadu_si512(b + j * block.panel_stride);
      LITE_UNROLL
      for (int i = 0; i < kRows; ++i) {
        const __m512i pair = pair_at(a[i] + k);
        LITE_UNROLL
        for (int j = 0; j < kPanels; ++j) add_products(sums[i][j], pair, columns[j]);
      }
    }
  }
}

// `tiles` tiles of kRows rows, from a row of the block on.
template <int kRows, int kPanels>
__attribute__((noinline)) void run_tiles(const Block& block, int64_t column, int64_t row,
                                         int64_t tiles) {
  const Bf16* b = block.b + column / kPanel * block.panel_stride;
  const Finish<kPanels> finish(block, column);
  for (int64_t tile = 0; tile < tiles; ++tile, row += kRows) {
    Simd::f32 sums[kRows][kPanels];
    accumulate(block, b, row, sums);
    asm volatile("" ::: "memory");  // what outputs need is read after the products, not kept
    LITE_UNROLL
    for (int i = 0; i < kRows; ++i) finish.row(row + i, sums[i]);
    finish.rows(row, kRows);
  }
}

using Run = void (*)(const Block& block, int64_t column, int64_t row, int64_t tiles);

#define LITE_RUNS(panels) \
  {nullptr,               \
   run_tiles<1, panels>,  \
   run_tiles<2, panels>,  \
   run_tiles<3, panels>,  \
   run_tiles<4, panels>,  \
   run_tiles<5, panels>,  \
   run_tiles<6, panels>,  \
   run_tiles<7, panels>,  \
   run_tiles<8, panels>}
constexpr Run kRuns[kMaxPanels + 1][kMaxRows + 1] = {{}, LITE_RUNS(1), LITE_RUNS(2), LITE_RUNS(3)};
#undef LITE_RUNS

// Panels three by three, but no lonely one after them; tiles of nearly equal height.
void multiply(const Block& block) {
  if (block.m <= 0) return;
  const int64_t tiles = (block.m + kMaxRows - 1) / kMaxRows;
  const int64_t rows = block.m / tiles, higher = block.m % tiles;
  for (int64_t column = 0; column < block.n;) {
    const int64_t left = (block.n - column + kPanel - 1) / kPanel;
    const int64_t panels = left == 4 ? 2 : left < kMaxPanels ? left : kMaxPanels;
    if (higher > 0) kRuns[panels][rows + 1](block, column, 0, higher);
    kRuns[panels][rows](block, column, higher * (rows + 1), tiles - higher);
    column += panels * kPanel;
  }
}

constexpr int64_t kWhole = 2;
constexpr double kSpeed = 2.0;

}  // namespace
}  // namespace lite::bgemm
