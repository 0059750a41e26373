// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/sparse/sparse.h"
#include "simd/activation.h"

namespace lite::sparse {
namespace {

constexpr int kWidth = Simd::kWidth;
constexpr int kPixels = kWidth == 1 ? 4 : 32;  // turned around at once
constexpr int kVectors = kPixels / kWidth;
constexpr int kChannels = 16;                // finished at once
constexpr int kSums = Simd::kRegisters / 2;  // the others hold A and B

// Vectors of a tile of so many channels, and stored columns that have sums of their own: several
// chains of additions hide one another's latency. A narrower tile has as many: the order of the
// sums does not depend on it.
template <int kRows>
constexpr int kTileVectors = kVectors * kRows <= kSums ? kVectors : kSums / kRows;
template <int kRows>
constexpr int kChains = kRows < 4 && 2 * kRows * kTileVectors<kRows> <= kSums ? 2 : 1;

// Some rows of A as columns: element (row, k) is at x[k * kPixels + row].
struct Turned {
  float* x;
  int vectors;  // that have rows
};

LITE_INLINE void turn_square(const Block& block, int64_t row, int64_t k, float* x) {
  const int depth = static_cast<int>(block.weights.k - k < kWidth ? block.weights.k - k : kWidth);
  const float* a = block.a + row * block.a_stride + k;
  Simd::f32 square[kWidth];
  LITE_UNROLL
  for (int i = 0; i < kWidth; ++i, a += block.a_stride) {
    if (row + i >= block.m) {
      square[i] = Simd::broadcast(0.0f);
    } else {
      square[i] = depth == kWidth ? Simd::load(a) : Simd::load_partial(a, depth);
    }
  }
  Simd::transpose(square);
  LITE_UNROLL
  for (int i = 0; i < kWidth; ++i)
    if (i < depth) Simd::store(x + i * kPixels, square[i]);
}

Turned turn(const Block& block, int64_t row) {
  const int64_t left = block.m - row;
  const int rows = static_cast<int>(left < kPixels ? left : kPixels);
  const Turned turned = {block.scratch, (rows + kWidth - 1) / kWidth};
  for (int64_t k = 0; k < block.weights.k; k += kWidth)
    for (int j = 0; j < turned.vectors; ++j)
      turn_square(block, row + j * kWidth, k, turned.x + k * kPixels + j * kWidth);
  return turned;
}

template <int kRows, int kTile>
LITE_INLINE void add_column(const float* x, const float* w, Simd::f32 (&sums)[kRows][kTile]) {
  Simd::f32 a[kTile];
  LITE_UNROLL
  for (int j = 0; j < kTile; ++j) a[j] = Simd::load(x + j * kWidth);
  LITE_UNROLL
  for (int i = 0; i < kRows; ++i) {
    const Simd::f32 factor = Simd::broadcast(w[i]);
    LITE_UNROLL
    for (int j = 0; j < kTile; ++j) sums[i][j] = Simd::fma(a[j], factor, sums[i][j]);
  }
}

// The channels of a group, for kTile vectors of rows; they come to y[channel * kPixels].
template <int kRows, int kTile>
LITE_INLINE void multiply_group(const SparseWeights& b, int64_t group, const float* x, float* y) {
  constexpr int kParts = kChains<kRows>;
  Simd::f32 sums[kParts][kRows][kTile];
  LITE_UNROLL
  for (int part = 0; part < kParts; ++part) LITE_UNROLL
  for (int i = 0; i < kRows; ++i) LITE_UNROLL
  for (int j = 0; j < kTile; ++j) sums[part][i][j] = Simd::broadcast(0.0f);
  const uint16_t* column = b.columns + b.begins[group];
  const uint16_t* end = b.columns + b.begins[group + 1];
  const float* w = b.values + static_cast<int64_t>(b.begins[group]) * kRows;
  for (; end - column >= kParts; column += kParts, w += kParts * kRows) LITE_UNROLL
  for (int part = 0; part < kParts; ++part)
    add_column(x + int64_t{column[part]} * kPixels, w + part * kRows, sums[part]);
  if (kParts > 1 && column != end) add_column(x + int64_t{*column} * kPixels, w, sums[0]);
  LITE_UNROLL
  for (int i = 0; i < kRows; ++i) LITE_UNROLL
  for (int j = 0; j < kTile; ++j)
    Simd::store(y + i * kPixels + j * kWidth,
                kParts > 1 ? Simd::add(sums[0][i][j], sums[kParts - 1][i][j]) : sums[0][i][j]);
}

// Groups [begin, end); the first channel comes to y.
template <int kRows>
__attribute__((noinline)) void multiply_groups(const SparseWeights& b, int64_t begin, int64_t end,
                                               const Turned& turned, float* y) {
  constexpr int kTile = kTileVectors<kRows>;
  for (int64_t group = begin; group < end; ++group, y += kRows * kPixels) {
    int j = 0;
    for (; j + kTile <= turned.vectors; j += kTile)
      multiply_group<kRows, kTile>(b, group, turned.x + j * kWidth, y + j * kWidth);
    for (; j < turned.vectors; ++j)
      multiply_group<kRows, 1>(b, group, turned.x + j * kWidth, y + j * kWidth);
  }
}

// A square of channels by rows, turned back, to C.
LITE_INLINE void finish_square(const Block& block, const float* y, int64_t row, int64_t channel,
                               int count) {
  Simd::f32 square[kWidth];
  LITE_UNROLL
  for (int i = 0; i < kWidth; ++i)
    square[i] = i < count ? Simd::load(y + i * kPixels) : Simd::broadcast(0.0f);
  Simd::transpose(square);
  const Simd::f32 lo = Simd::broadcast(block.activation.lo);
  const Simd::f32 hi = Simd::broadcast(block.activation.hi);
  const Simd::f32 bias =
      block.bias ? Simd::load_partial(block.bias + channel, count) : Simd::broadcast(0.0f);
  LITE_UNROLL
  for (int i = 0; i < kWidth; ++i) {
    if (row + i >= block.m) break;
    Simd::f32 sum = Simd::add(square[i], bias);
    if (block.residual != nullptr)
      sum = Simd::add(
          sum,
          Simd::load_partial(block.residual + (row + i) * block.residual_stride + channel, count));
    Simd::store_partial(block.c + (row + i) * block.c_stride + channel,
                        Simd::min(hi, Simd::max(lo, sum)), count);
  }
}

// Up to kChannels channels of the rows that are turned around.
void finish(const Block& block, const Turned& turned, const float* y, int64_t row, int64_t channel,
            int64_t count) {
  for (int64_t first = 0; first < count; first += kWidth) {
    const int lanes = static_cast<int>(count - first < kWidth ? count - first : kWidth);
    for (int j = 0; j < turned.vectors; ++j)
      finish_square(block, y + first * kPixels + j * kWidth, row + j * kWidth, channel + first,
                    lanes);
  }
  const int64_t left = block.m - row;
  apply_activation(block.activation, block.c + row * block.c_stride + channel, block.c_stride,
                   left < kPixels ? left : kPixels, count);
}

template <int kRows>
void multiply_rows(const Block& block) {
  constexpr int64_t kGroups = kChannels / kRows;
  const SparseWeights& b = block.weights;
  float* y = block.scratch + b.k * kPixels;
  for (int64_t row = 0; row < block.m; row += kPixels) {
    const Turned turned = turn(block, row);
    for (int64_t group = block.group_begin; group < block.group_end; group += kGroups) {
      const int64_t end = group + kGroups < block.group_end ? group + kGroups : block.group_end;
      multiply_groups<kRows>(b, group, end, turned, y);
      const int64_t channel = group * kRows;
      const int64_t last = end * kRows < b.n ? end * kRows : b.n;
      finish(block, turned, y, row, channel, last - channel);
    }
  }
}

void multiply(const Block& block) {
  if (block.weights.rows == 1) return multiply_rows<1>(block);
  block.weights.rows == 2 ? multiply_rows<2>(block) : multiply_rows<4>(block);
}

int64_t scratch_floats(int64_t k) { return (k + kChannels) * kPixels; }

}  // namespace

extern const Kernels LITE_KERNELS;
const Kernels LITE_KERNELS = {multiply, scratch_floats, kPixels};

}  // namespace lite::sparse
