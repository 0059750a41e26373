// SPDX-License-Identifier: Apache-2.0
// Tiles of packed rows of A: three vectors hold two elements of the depth of twelve rows, so that
// there are registers for more sums, and fewer loads for each. The rows of a few tiles are packed,
// then multiplied by one panel after another.
#pragma once

#include "kernels/hgemm/tiles.h"

namespace lite::hgemm {
namespace {

constexpr int kGroup = 4, kGroups = 3;  // rows whose pairs are a vector
constexpr int kPackedRows = kGroup * kGroups;
constexpr int kLeastPackedRows = kPackedRows / 2;
constexpr int kStep = 8;                    // of the depth
constexpr int64_t kLeastPanels = 4;         // that are worth it
constexpr int64_t kPackedElements = 32768;  // for the tiles of one round, to stay in the cache

int64_t packed_tiles(int64_t depth) {
  const int64_t tiles = kPackedElements / (kPackedRows * (depth > 0 ? depth : 1));
  return tiles < 1 ? 1 : tiles > 8 ? 8 : tiles;
}

int64_t packed_elements(int64_t depth) { return packed_tiles(depth) * kPackedRows * depth; }

bool is_worth_packing(const Block& block) {
  return block.packed != nullptr && block.m >= kPackedRows && block.n >= kLeastPanels * kPanel &&
         block.k % kStep == 0;
}

// Of `rows` rows; what is packed of the others is of no use.
void pack_tile(const Block& block, int64_t row, int rows, Half* to) {
  for (int64_t tap = 0; tap < block.taps; ++tap) {
    const Half* a[kPackedRows];
    for (int i = 0; i < kPackedRows; ++i) {
      const int64_t from = row + (i < rows ? i : rows - 1);
      a[i] = block.rows ? block.rows[tap * block.row_stride + from]
                        : block.a + tap * block.tap_stride + from * block.a_stride;
    }
    for (int64_t k = 0; k < block.k; k += kStep, to += kStep * kPackedRows) LITE_UNROLL
    for (int group = 0; group < kGroups; ++group) {
      Simd::f32 pairs[kGroup];
      LITE_UNROLL
      for (int i = 0; i < kGroup; ++i) pairs[i] = Simd::load(a[group * kGroup + i] + k);
      Simd::transpose_pairs(pairs);
      LITE_UNROLL
      for (int i = 0; i < kGroup; ++i) Simd::store(to + (i * kGroups + group) * kWidth, pairs[i]);
    }
  }
}

// One element of the depth of all rows, the first or the second of a pair, by a row of a panel.
template <int kSecond, int kRow, int kRows>
LITE_INLINE void add_rows(Simd::f32 w, const Simd::f32 (&a)[kGroups], int vector,
                          Simd::f32 (&sums)[kRows][2]) {
  sums[kRow][vector] =
      Simd::fma_lane<2 * (kRow % kGroup) + kSecond>(w, a[kRow / kGroup], sums[kRow][vector]);
  if constexpr (kRow + 1 < kRows) add_rows<kSecond, kRow + 1>(w, a, vector, sums);
}

template <int kRows>
__attribute__((noinline)) void run_packed_tile(const Block& block, const Stripe& stripe,
                                               int64_t row, const Half* a) {
  Simd::f32 sums[kRows][2];
  begin_sums(stripe, sums);
  const Half* b = stripe.b;
  for (int64_t left = block.taps * block.k; left > 0; left -= kStep) {
    LITE_UNROLL
    for (int pair = 0; pair < kStep / 2; ++pair) {
      Simd::f32 rows[kGroups], w[4];
      Simd::load_three(a, rows);
      Simd::load_four(b, w);
      add_rows<0, 0>(w[0], rows, 0, sums);
      add_rows<0, 0>(w[1], rows, 1, sums);
      add_rows<1, 0>(w[2], rows, 0, sums);
      add_rows<1, 0>(w[3], rows, 1, sums);
    }
  }
  forget();
  finish(block, stripe, row, sums);
}

using RunPacked = void (*)(const Block& block, const Stripe& stripe, int64_t row, const Half* a);

constexpr RunPacked kPackedRuns[] = {run_packed_tile<6>, run_packed_tile<7>,  run_packed_tile<8>,
                                     run_packed_tile<9>, run_packed_tile<10>, run_packed_tile<11>,
                                     run_packed_tile<12>};

// All whole panels; returns how many columns these are.
int64_t multiply_packed(const Block& block) {
  const int64_t columns = block.n / kPanel * kPanel;
  const int64_t tiles = (block.m + kPackedRows - 1) / kPackedRows;
  const int64_t round = packed_tiles(block.taps * block.k);
  const int64_t tile_elements = kPackedRows * block.taps * block.k;
  const auto first_row = [&](int64_t tile) { return block.m * tile / tiles; };
  for (int64_t begin = 0; begin < tiles; begin += round) {
    const int64_t end = begin + round < tiles ? begin + round : tiles;
    for (int64_t tile = begin; tile < end; ++tile)
      pack_tile(block, first_row(tile), static_cast<int>(first_row(tile + 1) - first_row(tile)),
                block.packed + (tile - begin) * tile_elements);
    for (int64_t column = 0; column < columns; column += kPanel) {
      Stripe stripe;
      point_at_columns(block, column, kPanel / kWidth, stripe);
      for (int64_t tile = begin; tile < end; ++tile) {
        const int64_t row = first_row(tile), rows = first_row(tile + 1) - row;
        kPackedRuns[rows - kLeastPackedRows](block, stripe, row,
                                             block.packed + (tile - begin) * tile_elements);
      }
    }
  }
  return columns;
}

}  // namespace
}  // namespace lite::hgemm
