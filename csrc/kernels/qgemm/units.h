// SPDX-License-Identifier: Apache-2.0
// The GEMM of bytes by units of NEON: rows of A are gathered in scratch, once for all columns, and
// the columns of a stripe, once for all rows.
#pragma once

#include "kernels/qgemm/small_sums.h"
#include "kernels/qgemm/stripe.h"
#include "simd/units_neon.h"

namespace lite::qgemm {
namespace {

constexpr int kUnitBytes = 16;
constexpr int kTileUnits = Simd::kRegisters >= 32 ? 3 : 2;  // of rows
constexpr int kTileRows = kTileUnits * Units::kRows;
// Vectors of a tile's columns, whose sums fill the registers but for a few.
constexpr int kTileVectors = (Simd::kRegisters >= 32 ? 8 : 4) / Units::kUnits;

constexpr int kFewVectors = (kTileVectors + 1) / 2;  // of the last columns

// Where units of a block lie: [group of rows][step of the depth][unit], and [step][unit] of
// columns.
struct UnitPlan {
  int64_t tap_steps, steps;  // of the depth

  explicit UnitPlan(int64_t taps, int64_t k)
      : tap_steps((k + Units::kDepth - 1) / Units::kDepth), steps(taps * tap_steps) {}
  [[nodiscard]] int64_t group_bytes() const { return steps * kTileUnits * kUnitBytes; }
  [[nodiscard]] int64_t columns_bytes() const {
    return steps * kTileVectors * Units::kUnits * kUnitBytes;
  }
};

int64_t unit_scratch(const Extents& extents) {
  const UnitPlan plan(extents.taps, extents.k);
  return (extents.m + kTileRows - 1) / kTileRows * plan.group_bytes() + plan.columns_bytes();
}

// The units of a tap of kRows rows.
void gather_unit(const Block& block, const int8_t* const (&rows)[Units::kRows], int64_t step_bytes,
                 int8_t* units) {
  constexpr int64_t kDepth = Units::kDepth;
  const int8_t* x[Units::kRows];
  for (int i = 0; i < Units::kRows; ++i) x[i] = rows[i];
  int64_t left = block.k;
  for (; left >= 8 * kDepth; left -= 8 * kDepth, units += 8 * step_bytes) {
    Units::gather_eight(x, units, step_bytes);
    for (int i = 0; i < Units::kRows; ++i) x[i] += 8 * kDepth;
  }
  for (; left >= kDepth; left -= kDepth, units += step_bytes) {
    Units::gather(x, units);
    for (int i = 0; i < Units::kRows; ++i) x[i] += kDepth;
  }
  if (left > 0) Units::gather_last(x, left, units);
}

// All rows. A unit that has fewer of them repeats the last, and a group may have fewer units.
void gather_rows(const Block& block, const UnitPlan& plan, int8_t* gathered) {
  constexpr int64_t kStepBytes = kTileUnits * kUnitBytes;
  const int64_t last = block.m - 1;
  for (int64_t row = 0; row < block.m; row += Units::kRows) {
    int8_t* units = gathered + row / kTileRows * plan.group_bytes() +
                    row % kTileRows / Units::kRows * kUnitBytes;
    const int8_t* const* table = block.rows;
    for (int64_t tap = 0; tap < block.taps; ++tap, table += block.row_stride) {
      const int8_t* rows[Units::kRows];
      for (int i = 0; i < Units::kRows; ++i) rows[i] = table[row + i < last ? row + i : last];
      gather_unit(block, rows, kStepBytes, units);
      units += plan.tap_steps * kStepBytes;
    }
  }
}

template <int kVectors>
void regroup_columns(const Block& block, const int8_t* b, int8_t* units) {
  constexpr int64_t kQuads = Units::kDepth / kQuad;  // of a step
  constexpr int64_t kUnitsBytes = kVectors * Units::kUnits * kUnitBytes;
  const int64_t quads = (block.k + kQuad - 1) / kQuad;
  for (int64_t tap = 0; tap < block.taps; ++tap) {
    int64_t left = quads;
    for (; left >= kQuads; left -= kQuads, b += kQuads * kStep, units += kUnitsBytes)
      Units::regroup<kVectors>(b, kQuads, units);
    if (left == 0) continue;
    Units::regroup<kVectors>(b, left, units);
    b += left * kStep;
    units += kUnitsBytes;
  }
}

// Adds products of units of rows and of columns, over the whole depth.
template <int kDown, int kAcross>
LITE_INLINE void multiply_units(int64_t steps, const int8_t* a, const int8_t* b,
                                Units::Sums (&sums)[kDown][kAcross]) {
  for (; steps > 1; steps -= 2) {
    Units::multiply<kTileUnits>(a, b, sums);
    Units::multiply<kTileUnits>(a, b, sums);
  }
  if (steps > 0) Units::multiply<kTileUnits>(a, b, sums);
}

// `tiles` tiles of kRows rows, from a row of the block on.
template <int kRows, int kVectors>
void run_unit_tiles(const Block& block, const Stripe& stripe, const UnitPlan& plan,
                    const int8_t* gathered, int64_t row, int64_t tiles, Results& results) {
  constexpr int kDown = (kRows + Units::kRows - 1) / Units::kRows;
  constexpr int kAcross = kVectors * Units::kUnits;
  const int8_t* a = gathered + row / kTileRows * plan.group_bytes();
  for (int64_t tile = 0; tile < tiles; ++tile, row += kRows, a += plan.group_bytes()) {
    Units::Sums sums[kDown][kAcross];
    LITE_UNROLL
    for (int j = 0; j < kAcross; ++j) {
      sums[0][j] = Units::start(stripe.bias + j * Units::kRows);
      LITE_UNROLL
      for (int i = 1; i < kDown; ++i) sums[i][j] = sums[0][j];
    }
    multiply_units(plan.steps, a, stripe.b, sums);
    Simd::s32 finished[kRows][kVectors];
    LITE_UNROLL
    for (int i = 0; i < kDown; ++i) LITE_UNROLL
    for (int j = 0; j < kVectors; ++j) {
      Simd::s32 rows[Units::kRows];
      Units::finish(&sums[i][j * Units::kUnits], rows);
      LITE_UNROLL
      for (int u = 0; u < Units::kRows; ++u)
        if (i * Units::kRows + u < kRows) finished[i * Units::kRows + u][j] = rows[u];
    }
    if (stripe.sums != Sums::any) {
      finish_small(block, stripe, row, finished);
      continue;
    }
    store_sums(finished, results.sums[0]);
    results.waiting = {results.sums[0], block.c + stripe.column + row * block.c_stride, row, kRows};
    stripe.finish(block, stripe, results, kRows);
  }
}

template <int kVectors, int kRows = kTileRows>
void run_last_units(const Block& block, const Stripe& stripe, const UnitPlan& plan,
                    const int8_t* gathered, int64_t row, Results& results) {
  if (block.m - row == kRows)
    return run_unit_tiles<kRows, kVectors>(block, stripe, plan, gathered, row, 1, results);
  if constexpr (kRows > 1)
    run_last_units<kVectors, kRows - 1>(block, stripe, plan, gathered, row, results);
}

template <int kVectors>
void run_unit_stripe(const Block& block, const UnitPlan& plan, const int8_t* gathered,
                     int8_t* columns, Stripe& stripe, Results& results) {
  regroup_columns<kVectors>(block, stripe.b, columns);
  stripe.b = columns;
  const int64_t tiles = block.m / kTileRows, row = tiles * kTileRows;
  run_unit_tiles<kTileRows, kVectors>(block, stripe, plan, gathered, 0, tiles, results);
  if (row < block.m) run_last_units<kVectors>(block, stripe, plan, gathered, row, results);
}

void multiply_by_units(const Block& block) {
  if (block.m <= 0) return;
  constexpr int64_t kColumns = kTileVectors * kWidth;
  const UnitPlan plan(block.taps, block.k);
  int8_t* columns = reinterpret_cast<int8_t*>(block.scratch);
  int8_t* gathered = columns + plan.columns_bytes();
  gather_rows(block, plan, gathered);
  Stripe stripe;
  Results results;
  const Requantization& to = block.requantization;
  results.bounds = Simd::bounds(to.y_zero, to.lo, to.hi);
  results.c_stride = block.c_stride;
  for (int64_t column = 0; column < block.n; column += kColumns) {
    const bool few = block.n - column <= kFewVectors * kWidth;
    place(block, column, few ? kFewVectors : kTileVectors, stripe);
    const auto run = few ? run_unit_stripe<kFewVectors> : run_unit_stripe<kTileVectors>;
    run(block, plan, gathered, columns, stripe, results);
  }
}

}  // namespace
}  // namespace lite::qgemm
