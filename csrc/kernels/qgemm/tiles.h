// SPDX-License-Identifier: Apache-2.0
// The GEMM of bytes by tiles of AMX: a group of 2 x 2 tiles of sums, or 1 x 4 of few rows. A panel
// of B is such tiles already; rows of A are, too, where they are evenly spaced.
#pragma once

#include "simd/tiles_x86.h"

namespace lite::qgemm {
namespace {

constexpr int kInputTile = 4, kWeightsTile = 6;  // the first of two each, behind four of sums

struct TilePlan {
  int64_t heights[2];  // rows of the tiles of a group
  int64_t groups;      // of rows; the last begins earlier than its turn to be as high as the others
  int64_t depth;       // of a tile, whole quads
  int64_t steps;       // of a tap
  int64_t last;        // where the last step begins: earlier than its turn to be as deep
  int64_t last_begin, last_end;  // of the depths of the last step, the new ones that exist
  int64_t finished;              // rows of results in a step

  int64_t height() const { return heights[0] + heights[1]; }
  bool ragged() const { return last_begin != 0 || last_end != depth; }
};

TilePlan plan_tiles(const Block& block) {
  TilePlan plan;
  constexpr int64_t most = 2 * Tiles::kRows;
  plan.groups = (block.m + most - 1) / most;
  const int64_t height = (block.m + plan.groups - 1) / plan.groups;
  plan.heights[0] = height <= Tiles::kRows ? height : (height + 1) / 2;
  plan.heights[1] = height - plan.heights[0];
  const int64_t quads = (block.k + kQuad - 1) / kQuad;
  plan.steps = (quads + Tiles::kRows - 1) / Tiles::kRows;
  if (plan.steps == 0) return plan;
  plan.depth = (quads + plan.steps - 1) / plan.steps * kQuad;
  plan.last = quads * kQuad - plan.depth;
  plan.last_begin = (plan.steps - 1) * plan.depth - plan.last;
  plan.last_end = block.k - plan.last;
  plan.finished = height / (plan.steps * block.taps) + 1;
  return plan;
}

void configure(const TilePlan& plan) {
  Tiles::Shapes shapes;
  const bool high = plan.heights[1] > 0;
  for (int i = 0; i < kInputTile; ++i)
    shapes.set(i, plan.heights[high ? i / 2 : 0], Tiles::kRowBytes);
  if (plan.steps > 0) {
    for (int i = 0; i < 1 + high; ++i) shapes.set(kInputTile + i, plan.heights[i], plan.depth);
    for (int i = 0; i < 2; ++i) shapes.set(kWeightsTile + i, plan.depth / kQuad, Tiles::kRowBytes);
  }
  Tiles::configure(shapes);
}

// Where the rows of a tile of inputs lie.
struct TileRows {
  const int8_t* p;
  int64_t stride;
};

// Multiplies tiles of inputs by tiles of weights.
template <int kDown, int kAcross, int kColumn = 0>
LITE_INLINE void multiply_tiles(const TileRows (&a)[2], const int8_t* b, int64_t panel_stride) {
  constexpr int weights = kWeightsTile + kColumn % 2;
  if constexpr (kColumn == 0) Tiles::load<kInputTile>(a[0].p, a[0].stride);
  Tiles::load<weights>(b + kColumn * panel_stride, kStep);
  Tiles::add_products<kColumn, kInputTile, weights>();
  if constexpr (kColumn + 1 < kAcross) {
    multiply_tiles<kDown, kAcross, kColumn + 1>(a, b, panel_stride);
  } else if constexpr (kDown == 2) {
    static_assert(kAcross <= 2, "weights of all columns are still there");
    Tiles::load<kInputTile + 1>(a[1].p, a[1].stride);
    Tiles::add_products<2, kInputTile + 1, kWeightsTile>();
    if constexpr (kAcross == 2) Tiles::add_products<3, kInputTile + 1, kWeightsTile + 1>();
  }
}

template <int kAcross, int kColumn = 0>
LITE_INLINE void start_tiles(const int32_t* bias) {
  Tiles::load<kColumn>(bias + kColumn * kPanel, 0);
  if constexpr (kColumn + 1 < kAcross) start_tiles<kAcross, kColumn + 1>(bias);
}

template <int kDown, int kAcross>
LITE_INLINE void start_group(const int32_t* bias) {
  start_tiles<kAcross>(bias);
  if constexpr (kDown == 2) Tiles::load<2>(bias, 0);
  if constexpr (kDown == 2 && kAcross == 2) Tiles::load<3>(bias + kPanel, 0);
}

template <int kAcross, int kColumn = 0>
LITE_INLINE void store_tiles(int32_t* sums) {
  Tiles::store<kColumn>(sums + kColumn * kPanel, kAcross * kStep);
  if constexpr (kColumn + 1 < kAcross) store_tiles<kAcross, kColumn + 1>(sums);
}

template <int kDown, int kAcross>
LITE_INLINE void store_group(int32_t* sums, int64_t upper) {
  store_tiles<kAcross>(sums);
  int32_t* lower = sums + upper * kAcross * kPanel;
  if constexpr (kDown == 2) Tiles::store<2>(lower, kAcross * kStep);
  if constexpr (kDown == 2 && kAcross == 2) Tiles::store<3>(lower + kPanel, kAcross * kStep);
}

// Part `part` of `parts` of what a step of the next stripe reads.
template <int kAcross>
LITE_INLINE void fetch(const int8_t* b, int64_t panel_stride, int64_t part, int64_t parts) {
  constexpr int64_t lines = kAcross * Tiles::kRows;
  for (int64_t i = lines * part / parts; i < lines * (part + 1) / parts; ++i)
    __builtin_prefetch(b + i / Tiles::kRows * panel_stride + i % Tiles::kRows * kStep, 0, 2);
}

// Adds the products of a group of tiles; in every step finishes rows that wait.
template <int kDown, int kAcross>
LITE_INLINE void accumulate_tiles(const Block& block, const Stripe& stripe, const TilePlan& plan,
                                  int64_t group, int64_t row, Results& results) {
  alignas(64) int8_t gathered[2][Tiles::kRows * Tiles::kRowBytes];
  const int64_t tap_bytes = panel_bytes(1, block.k);
  const int8_t* b = stripe.b;
  const int8_t* next = stripe.next;
  for (int64_t tap = 0; tap < block.taps; ++tap, b += tap_bytes, next += tap_bytes) {
    const int8_t* const* table = block.rows + tap * block.row_stride + row;
    const int8_t* const* tables[2] = {table, table + plan.heights[0]};
    bool even[2] = {true, true};
    int64_t strides[2] = {0, 0};
    for (int i = 0; i < kDown; ++i) {
      even[i] = Tiles::evenly_spaced(tables[i], plan.heights[i]);
      strides[i] = plan.heights[i] > 1 ? tables[i][1] - tables[i][0] : 0;
    }
    for (int64_t step = 0; step < plan.steps; ++step) {
      const bool last = step + 1 == plan.steps;
      const int64_t offset = last ? plan.last : step * plan.depth;
      TileRows a[2] = {};
      for (int i = 0; i < kDown; ++i) {
        a[i] = {tables[i][0] + offset, strides[i]};
        if (even[i] && !(last && plan.ragged())) continue;
        Tiles::gather(tables[i], plan.heights[i], offset, last ? plan.last_begin : 0,
                      last ? plan.last_end : plan.depth, gathered[i]);
        a[i] = {gathered[i], Tiles::kRowBytes};
      }
      multiply_tiles<kDown, kAcross>(a, b + offset * kPanel, block.panel_stride);
      fetch<kAcross>(next + offset * kPanel, block.panel_stride, group, plan.groups);
      if (results.waiting.rows > 0) stripe.finish(block, stripe, results, plan.finished);
    }
  }
}

template <int kDown, int kAcross>
void run_groups(const Block& block, const Stripe& stripe, const TilePlan& plan, Results& results) {
  const int64_t height = plan.height();
  for (int64_t group = 0; group < plan.groups; ++group) {
    const int64_t turn = group * height;
    const int64_t row = turn + height <= block.m ? turn : block.m - height;
    start_group<kDown, kAcross>(stripe.bias);
    accumulate_tiles<kDown, kAcross>(block, stripe, plan, group, row, results);
    int32_t* sums = results.sums[results.turn];
    store_group<kDown, kAcross>(sums, plan.heights[0]);
    stripe.finish(block, stripe, results, results.waiting.rows);
    results.waiting = {sums + (turn - row) * kAcross * kPanel,
                       block.c + stripe.column + turn * block.c_stride, turn, row + height - turn};
    results.turn = 1 - results.turn;
  }
  stripe.finish(block, stripe, results, results.waiting.rows);
}

using RunGroups = void (*)(const Block& block, const Stripe& stripe, const TilePlan& plan,
                           Results& results);

void multiply_by_tiles(const Block& block) {
  if (block.m <= 0) return;
  constexpr RunGroups low[] = {run_groups<1, 1>, run_groups<1, 2>, run_groups<1, 3>,
                               run_groups<1, 4>};
  constexpr RunGroups high[] = {run_groups<2, 1>, run_groups<2, 2>};
  const TilePlan plan = plan_tiles(block);
  const bool two = plan.heights[1] > 0;
  configure(plan);
  const int64_t panels = (block.n + kPanel - 1) / kPanel;
  Stripe stripe;
  Results results;
  results.bounds =
      Simd::bounds(block.requantization.y_zero, block.requantization.lo, block.requantization.hi);
  for (int64_t panel = 0; panel < panels;) {
    const int64_t most = two ? 2 : 4;
    const int across = static_cast<int>(panels - panel < most ? panels - panel : most);
    place(block, panel * kPanel, across, stripe);
    (two ? high : low)[across - 1](block, stripe, plan, results);
    panel += across;
  }
  Tiles::release();
}

}  // namespace
}  // namespace lite::qgemm
