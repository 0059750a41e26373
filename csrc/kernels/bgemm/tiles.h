// SPDX-License-Identifier: Apache-2.0
// The family by tiles of AMX: two tiles of rows times two panels at a time.
#pragma once

#include "kernels/bgemm/rounding.h"
#include "simd/activation.h"
#include "simd/tiles_x86.h"

namespace lite::bgemm {
namespace {

constexpr int kRows = Tiles::kRows;
constexpr int kDepth = Tiles::kRowBytes / static_cast<int>(sizeof(Bf16));  // of a tile of A

// Of tiles 0 to 3 of sums, 4 and 5 of rows of A, 6 and 7 of panels. Configuring takes as long as
// many products: tiles are whole, and rows that do not exist are multiplied for nothing.
void configure(int64_t k) {
  const int64_t depth = k >= kDepth ? kDepth : k > 0 ? k : 2;
  Tiles::Shapes shapes;
  for (int i = 0; i < 4; ++i) Tiles::shape(shapes, i, kRows, Tiles::kRowBytes);
  for (int i = 4; i < 6; ++i) Tiles::shape(shapes, i, kRows, 2 * depth);
  for (int i = 6; i < 8; ++i) Tiles::shape(shapes, i, depth / 2, Tiles::kRowBytes);
  Tiles::configure(shapes);
}

// Rows that follow one another at the same distance, as many as one tile takes.
struct Rows {
  int64_t first = 0;
  int count = 0;
};

LITE_INLINE Rows next_rows(const Block& block, int64_t first) {
  Rows rows;
  rows.first = first;
  const int64_t most = block.m - first < kRows ? block.m - first : kRows;
  const Bf16* const* table = block.rows + first;
  while (rows.count < most && table[rows.count] - table[0] == rows.count * block.row_step)
    ++rows.count;
  return rows;
}

constexpr int kGroupColumns = 256;        // whose sums wait in the first cache
constexpr int64_t kGroupPairs = 1 << 16;  // of the depth of panels that stay in the second cache
constexpr int64_t kAhead = 2048;          // elements of panels that are fetched ahead

using Sums = float[2 * kRows][kGroupColumns];

// Sums of kTiles tiles of rows by kPanels panels: tile t by panel j is t * kPanels + j.
template <int kTiles, int kPanels>
LITE_INLINE void multiply_tiles(const Block& block, const Rows (&rows)[2], const Bf16* b,
                                bool fetches, float* sums) {
  const int64_t depth = block.k < kDepth ? block.k : kDepth, panel_stride = block.panel_stride;
  const int64_t step_bytes = block.row_step * static_cast<int64_t>(sizeof(Bf16));
  constexpr int64_t sums_bytes = kGroupColumns * sizeof(float);
  const Bf16* const upper = block.rows[rows[0].first];
  const Bf16* const lower = kTiles == 2 ? block.rows[rows[1].first] : upper;
  Tiles::zero<0>();
  if constexpr (kPanels == 2) Tiles::zero<1>();
  if constexpr (kTiles == 2) Tiles::zero<2>();
  if constexpr (kTiles == 2 && kPanels == 2) Tiles::zero<3>();
  for (int64_t tap = 0; tap < block.taps; ++tap) {
    const int64_t offset = block.offsets == nullptr ? 0 : block.offsets[tap];
    for (int64_t k = offset; k < offset + block.k; k += depth, b += depth * kPanel) {
      if (fetches) {
        LITE_UNROLL
        for (int i = 0; i < kPanels * kRows; ++i)
          __builtin_prefetch(b + i / kRows * panel_stride + kAhead + i % kRows * 2 * kPanel, 0, 2);
      }
      Tiles::load<6>(b, Tiles::kRowBytes);
      Tiles::load<4>(upper + k, step_bytes);
      Tiles::add_bf16_products<0, 4, 6>();
      if constexpr (kPanels == 2) {
        Tiles::load<7>(b + panel_stride, Tiles::kRowBytes);
        Tiles::add_bf16_products<1, 4, 7>();
      }
      if constexpr (kTiles == 2) {
        Tiles::load<5>(lower + k, step_bytes);
        Tiles::add_bf16_products<2, 5, 6>();
        if constexpr (kPanels == 2) Tiles::add_bf16_products<3, 5, 7>();
      }
    }
  }
  float* lower_sums = sums + kRows * kGroupColumns;
  Tiles::store<0>(sums, sums_bytes);
  if constexpr (kPanels == 2) Tiles::store<1>(sums + kPanel, sums_bytes);
  if constexpr (kTiles == 2) Tiles::store<2>(lower_sums, sums_bytes);
  if constexpr (kTiles == 2 && kPanels == 2) Tiles::store<3>(lower_sums + kPanel, sums_bytes);
}

// Rows of the columns [column, column + columns), one after another: caches see whole rows.
void finish_rows(const Block& block, const float* sums, const Rows& rows, int64_t column,
                 int64_t columns) {
  const Simd::f32 lo = Simd::broadcast(block.activation.lo);
  const Simd::f32 hi = Simd::broadcast(block.activation.hi);
  const float* bias = block.bias == nullptr ? nullptr : block.bias + column;
  for (int64_t i = rows.first; i < rows.first + rows.count; ++i, sums += kGroupColumns) {
    const float* residual =
        block.residual == nullptr ? nullptr : block.residual + i * block.residual_stride + column;
    float* c = block.c + i * block.c_stride + column;
    for (int64_t j = 0; j < columns; j += kWidth) {
      const int existing = lanes(columns - j);
      Simd::f32 y = Simd::load(sums + j);
      if (bias != nullptr) y = Simd::add(y, Simd::load_partial(bias + j, existing));
      if (residual != nullptr) y = Simd::add(y, Simd::load_partial(residual + j, existing));
      Simd::store_partial(c + j, Simd::min(hi, Simd::max(lo, y)), existing);
    }
  }
  apply_activation(block.activation, block.c + rows.first * block.c_stride + column, block.c_stride,
                   rows.count, columns);
}

template <int kTiles>
__attribute__((noinline)) void multiply_rows(const Block& block, const Rows (&rows)[2],
                                             int64_t column, int64_t columns) {
  alignas(64) Sums sums;
  const bool fetches = rows[0].first == 0;
  const Bf16* b = block.b + column / kPanel * block.panel_stride;
  int64_t done = 0;
  for (; done + kPanel < columns; done += 2 * kPanel, b += 2 * block.panel_stride)
    multiply_tiles<kTiles, 2>(block, rows, b, fetches, sums[0] + done);
  if (done < columns) multiply_tiles<kTiles, 1>(block, rows, b, fetches, sums[0] + done);
  finish_rows(block, sums[0], rows[0], column, columns);
  if constexpr (kTiles == 2) finish_rows(block, sums[kRows], rows[1], column, columns);
}

// Columns of a group.
int64_t group_columns(const Block& block) {
  const int64_t fitting = kGroupPairs * 2 / (block.taps * block.k + 1) / (2 * kPanel) * 2 * kPanel;
  return fitting < 2 * kPanel ? 2 * kPanel : fitting < kGroupColumns ? fitting : kGroupColumns;
}

void multiply(const Block& block) {
  if (block.m <= 0) return;
  configure(block.k);
  const int64_t group = group_columns(block);
  for (int64_t column = 0; column < block.n; column += group) {
    const int64_t columns = block.n - column < group ? block.n - column : group;
    for (int64_t row = 0; row < block.m;) {
      Rows rows[2];
      rows[0] = next_rows(block, row);
      rows[1] = next_rows(block, row + rows[0].count);
      if (rows[1].count > 0)
        multiply_rows<2>(block, rows, column, columns);
      else
        multiply_rows<1>(block, rows, column, columns);
      row += rows[0].count + rows[1].count;
    }
  }
  Tiles::release();
}

constexpr int64_t kWhole = kDepth;
constexpr double kSpeed = 8.0;

}  // namespace
}  // namespace lite::bgemm
