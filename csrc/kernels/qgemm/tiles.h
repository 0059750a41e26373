// SPDX-License-Identifier: Apache-2.0
// The GEMM of bytes by tiles of AMX, 2 x 2 of them at once. A panel of B is such tiles already.
// Rows of A are, too, where they are evenly spaced; others are gathered in scratch, once for all
// columns.
#pragma once

#include "simd/tiles_x86.h"

namespace lite::qgemm {
namespace {

static_assert(kWidth == kPanel, "sums of a tile are a vector wide");
constexpr int kInputTile = 4, kWeightsTile = 6;  // the first of two each, behind four of sums
constexpr int kTileBytes = Tiles::kRows * Tiles::kRowBytes;
constexpr int64_t kGroupRows = 2 * Tiles::kRows;
constexpr int64_t kPiece = 8;  // rows that are finished at once

// A step of the depth, in the tiles of a group of rows.
struct TileStep {
  const int8_t* inputs[2];
  int64_t strides[2];
  int64_t weights;  // from the start of a panel on
};
static_assert(sizeof(TileStep) + 2 * kTileBytes <= kTiledStepBytes);

int64_t tile_scratch(const Extents& extents) {
  return tiled_steps(extents.taps, extents.k) * kTiledStepBytes;
}

struct TilePlan {
  int64_t heights[2];            // rows of the tiles of a group
  int64_t groups;                // of rows; the last begins early, to be as high as the others
  int64_t run_tiles;             // tiles of a run of rows; the last begins early, too
  int64_t depth;                 // of a tile, whole quads
  int64_t steps;                 // of a tap
  int64_t last;                  // where the last of them begins: early, to be as deep
  int64_t last_begin, last_end;  // of its depth, what is new and exists

  [[nodiscard]] int64_t height() const { return heights[0] + heights[1]; }
  [[nodiscard]] bool ragged() const { return last_begin != 0 || last_end != depth; }
};

// Pairs of tiles, none of which reaches from run to run.
void plan_runs(const Block& block, TilePlan& plan) {
  const int64_t length = block.runs.length;
  plan.run_tiles = (length + Tiles::kRows - 1) / Tiles::kRows;
  const int64_t tiles = block.m / length * plan.run_tiles;
  plan.groups = (tiles + 1) / 2;
  plan.heights[0] = (length + plan.run_tiles - 1) / plan.run_tiles;
  plan.heights[1] = tiles > 1 ? plan.heights[0] : 0;
}

void plan_rows(const Block& block, TilePlan& plan) {
  plan.groups = (block.m + kGroupRows - 1) / kGroupRows;
  const int64_t height = (block.m + plan.groups - 1) / plan.groups;
  plan.heights[0] = height <= Tiles::kRows ? height : (height + 1) / 2;
  plan.heights[1] = height - plan.heights[0];
}

TilePlan plan_tiles(const Block& block) {
  TilePlan plan = {};
  block.runs.a != nullptr ? plan_runs(block, plan) : plan_rows(block, plan);
  plan.steps = tiled_steps(1, block.k);
  if (plan.steps == 0) return plan;
  const int64_t quads = (block.k + kQuad - 1) / kQuad;
  plan.depth = (quads + plan.steps - 1) / plan.steps * kQuad;
  plan.last = quads * kQuad - plan.depth;
  plan.last_begin = (plan.steps - 1) * plan.depth - plan.last;
  plan.last_end = block.k - plan.last;
  return plan;
}

void configure(const TilePlan& plan) {
  Tiles::Shapes shapes;
  const bool high = plan.heights[1] > 0;
  for (int i = 0; i < kInputTile; ++i)
    Tiles::shape(shapes, i, plan.heights[high ? i / 2 : 0], Tiles::kRowBytes);
  if (plan.steps > 0) {
    for (int i = 0; i < 1 + high; ++i)
      Tiles::shape(shapes, kInputTile + i, plan.heights[i], plan.depth);
    for (int i = 0; i < 2; ++i)
      Tiles::shape(shapes, kWeightsTile + i, plan.depth / kQuad, Tiles::kRowBytes);
  }
  Tiles::configure(shapes);
}

// Writes the steps of a tap, for the rows of a tile; gathers what must be.
void point_at_tile(const Block& block, const TilePlan& plan, int64_t tap, int64_t row, int tile,
                   TileStep* steps, int8_t* gathered) {
  const int8_t* const* table = block.rows + tap * block.row_stride + row;
  const int64_t height = plan.heights[tile];
  const bool even = Tiles::evenly_spaced(table, height);
  const int64_t stride = height > 1 ? table[1] - table[0] : 0;
  for (int64_t step = 0; step < plan.steps; ++step, gathered += 2 * kTileBytes) {
    const bool last = step + 1 == plan.steps;
    const int64_t offset = last ? plan.last : step * plan.depth;
    steps[step].weights = tap * panel_bytes(1, block.k) + offset * kPanel;
    steps[step].inputs[tile] = table[0] + offset;
    steps[step].strides[tile] = stride;
    if (even && !(last && plan.ragged())) continue;
    Tiles::gather(table, height, offset, last ? plan.last_begin : 0,
                  last ? plan.last_end : plan.depth, gathered);
    steps[step].inputs[tile] = gathered;
    steps[step].strides[tile] = Tiles::kRowBytes;
  }
}

void point_at_group(const Block& block, const TilePlan& plan, int64_t row, TileStep* steps) {
  int8_t* gathered = reinterpret_cast<int8_t*>(block.scratch);
  for (int64_t tap = 0; tap < block.taps; ++tap, steps += plan.steps) {
    point_at_tile(block, plan, tap, row, 0, steps, gathered);
    if (plan.heights[1] > 0)
      point_at_tile(block, plan, tap, row + plan.heights[0], 1, steps, gathered + kTileBytes);
    gathered += plan.steps * 2 * kTileBytes;
  }
}

// The steps of all groups, for tiles that begin with the first row.
void point_at_runs(const Block& block, const TilePlan& plan, TileStep* steps) {
  const Runs& runs = block.runs;
  for (int64_t tap = 0; tap < block.taps; ++tap) {
    const int8_t* a =
        runs.a + tap / runs.row_taps * runs.tap_row_step + tap % runs.row_taps * runs.tap_step;
    for (int64_t step = 0; step < plan.steps; ++step, ++steps) {
      const int64_t offset = step * plan.depth;
      steps->weights = tap * panel_bytes(1, block.k) + offset * kPanel;
      for (int tile = 0; tile < 2; ++tile) {
        steps->inputs[tile] = a + offset;
        steps->strides[tile] = runs.step;
      }
    }
  }
}

// Rows of a block whose sums are in tiles at once.
struct Group {
  int64_t rows[2];     // the first ones of its tiles
  int64_t shifts[2];   // to the inputs of its tiles, from those that the steps say
  int64_t first, end;  // what no group before has finished
  bool high;           // it has both tiles
};

Group group_of_rows(const Block& block, const TilePlan& plan, int64_t index) {
  Group group = {};
  group.first = index * plan.height();
  group.rows[0] = group.first + plan.height() <= block.m ? group.first : block.m - plan.height();
  group.rows[1] = group.rows[0] + plan.heights[0];
  group.end = group.rows[0] + plan.height();
  group.high = plan.heights[1] > 0;
  return group;
}

Group group_of_runs(const Block& block, const TilePlan& plan, int64_t index, int64_t first) {
  const Runs& runs = block.runs;
  Group group = {};
  group.first = first;
  for (int tile = 0; tile < 2; ++tile) {
    const int64_t run = (2 * index + tile) / plan.run_tiles;
    if (run * runs.length >= block.m) break;
    const int64_t begin = (2 * index + tile) % plan.run_tiles * plan.heights[0];
    const int64_t last = runs.length - plan.heights[0];
    const int64_t row = begin < last ? begin : last;
    group.rows[tile] = run * runs.length + row;
    group.shifts[tile] = run * runs.run_step + row * runs.step;
    group.end = group.rows[tile] + plan.heights[0];
    group.high = tile > 0;
  }
  if (!group.high) group.rows[1] = group.rows[0];
  return group;
}

// Multiplies tiles of inputs by tiles of weights.
template <int kDown, int kAcross>
LITE_INLINE void multiply_tiles(const TileStep& step, const Group& group, const int8_t* b,
                                int64_t panel_stride) {
  Tiles::load<kInputTile>(step.inputs[0] + group.shifts[0], step.strides[0]);
  Tiles::load<kWeightsTile>(b, kStep);
  Tiles::add_products<0, kInputTile, kWeightsTile>();
  if constexpr (kAcross == 2) {
    Tiles::load<kWeightsTile + 1>(b + panel_stride, kStep);
    Tiles::add_products<1, kInputTile, kWeightsTile + 1>();
  }
  if constexpr (kDown == 2) {
    Tiles::load<kInputTile + 1>(step.inputs[1] + group.shifts[1], step.strides[1]);
    Tiles::add_products<2, kInputTile + 1, kWeightsTile>();
    if constexpr (kAcross == 2) Tiles::add_products<3, kInputTile + 1, kWeightsTile + 1>();
  }
}

template <int kDown, int kAcross>
LITE_INLINE void start_tiles(const int32_t* bias) {
  Tiles::load<0>(bias, 0);
  if constexpr (kAcross == 2) Tiles::load<1>(bias + kPanel, 0);
  if constexpr (kDown == 2) Tiles::load<2>(bias, 0);
  if constexpr (kDown == 2 && kAcross == 2) Tiles::load<3>(bias + kPanel, 0);
}

constexpr int64_t kStripes = 16;  // that are kept, for the next group of rows

// Rows of sums that wait, and the stripe they belong to.
struct Unfinished {
  Stripe stripes[kStripes];
  const Stripe* stripe = nullptr;
  Results results;
};

LITE_INLINE void finish_some(const Block& block, Unfinished& unfinished, int64_t rows) {
  Results& results = unfinished.results;
  if (results.waiting.rows > 0) {
    const Stripe& stripe = *unfinished.stripe;
    stripe.finish(block, stripe, results, rows);
  }
}

// Rows of sums are `stride` bytes apart. Rows that wait are finished between the stores, which
// leave the other units to them.
template <int kDown, int kAcross>
LITE_INLINE void store_tiles(const Block& block, Unfinished& unfinished, int32_t* upper,
                             int32_t* lower, int64_t stride) {
  finish_some(block, unfinished, kPiece);
  Tiles::store<0>(upper, stride);
  if constexpr (kAcross == 2) Tiles::store<1>(upper + kPanel, stride);
  finish_some(block, unfinished, kPiece);
  if constexpr (kDown == 2) Tiles::store<2>(lower, stride);
  if constexpr (kDown == 2 && kAcross == 2) Tiles::store<3>(lower + kPanel, stride);
}

// Columns [kFirst, kFirst + 2) or less of a stripe of kVectors.
template <int kDown, int kVectors, int kFirst>
LITE_INLINE void sum_up(const Block& block, const TilePlan& plan, const TileStep* steps,
                        const Group& group, const Stripe& stripe, Unfinished& unfinished) {
  constexpr int across = kVectors - kFirst < 2 ? kVectors - kFirst : 2;
  Results& results = unfinished.results;
  const int64_t count = block.taps * plan.steps;
  const int8_t* b = stripe.b + kFirst * block.panel_stride;
  start_tiles<kDown, across>(stripe.bias + kFirst * kPanel);
  for (int64_t step = 0; step < count; ++step)
    multiply_tiles<kDown, across>(steps[step], group, b + steps[step].weights, block.panel_stride);
  int32_t* sums = results.sums[results.turn] + kFirst * kPanel;
  store_tiles<kDown, across>(block, unfinished, sums,
                             sums + (group.rows[1] - group.rows[0]) * kVectors * kPanel,
                             kVectors * kStep);
}

// A group of rows of a stripe.
template <int kDown, int kVectors>
void run_group(const Block& block, const TilePlan& plan, const TileStep* steps, const Group& group,
               const Stripe& stripe, Unfinished& unfinished) {
  Results& results = unfinished.results;
  sum_up<kDown, kVectors, 0>(block, plan, steps, group, stripe, unfinished);
  if constexpr (kVectors > 2)
    sum_up<kDown, kVectors, 2>(block, plan, steps, group, stripe, unfinished);
  finish_some(block, unfinished, kGroupRows);
  results.waiting = {results.sums[results.turn] + (group.first - group.rows[0]) * kVectors * kPanel,
                     block.c + stripe.column + group.first * block.c_stride, group.first,
                     group.end - group.first};
  results.turn = 1 - results.turn;
  unfinished.stripe = &stripe;
}

using RunGroup = void (*)(const Block& block, const TilePlan& plan, const TileStep* steps,
                          const Group& group, const Stripe& stripe, Unfinished& unfinished);

void multiply_by_tiles(const Block& block) {
  if (block.m <= 0) return;
  constexpr RunGroup runs[][kMaxVectors] = {
      {run_group<1, 1>, run_group<1, 2>, run_group<1, 3>, run_group<1, 4>},
      {run_group<2, 1>, run_group<2, 2>, run_group<2, 3>, run_group<2, 4>}};
  const TilePlan plan = plan_tiles(block);
  configure(plan);
  Unfinished unfinished;
  Results& results = unfinished.results;
  const Requantization& to = block.requantization;
  results.bounds = Simd::bounds(to.y_zero, to.lo, to.hi);
  TileStep* steps =
      reinterpret_cast<TileStep*>(block.scratch + block.taps * plan.steps * 2 * kTileBytes);
  const int64_t panels = (block.n + kPanel - 1) / kPanel;
  const bool in_runs = block.runs.a != nullptr;
  if (in_runs) point_at_runs(block, plan, steps);
  int64_t first = 0;
  for (int64_t index = 0; index < plan.groups; ++index) {
    const Group group =
        in_runs ? group_of_runs(block, plan, index, first) : group_of_rows(block, plan, index);
    first = group.end;
    if (!in_runs) point_at_group(block, plan, group.rows[0], steps);
    for (int64_t panel = 0; panel < panels;) {
      const int64_t left = panels - panel;
      const int vectors = left < kMaxVectors ? static_cast<int>(left) : kMaxVectors;
      Stripe& stripe = unfinished.stripes[panel / kMaxVectors % kStripes];
      if (index == 0 || panels > kStripes * kMaxVectors)
        place(block, panel * kPanel, vectors, stripe);
      runs[group.high][vectors - 1](block, plan, steps, group, stripe, unfinished);
      panel += vectors;
    }
  }
  finish_some(block, unfinished, kGroupRows);
  Tiles::release();
}

}  // namespace
}  // namespace lite::qgemm
