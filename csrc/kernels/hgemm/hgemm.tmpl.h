// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/hgemm/packed_tiles.h"

namespace lite::hgemm {
namespace {

using Run = void (*)(const Block& block, const Stripe& stripe, int64_t row, int64_t tiles);

template <int kRows, int kVectors>
constexpr Run run_of() {
  if constexpr (kRows > max_rows(kVectors)) {
    return nullptr;
  } else {
    return run_tiles<kRows, kVectors>;
  }
}

#define LITE_RUNS(vectors) \
  {nullptr,                \
   run_of<1, vectors>(),   \
   run_of<2, vectors>(),   \
   run_of<3, vectors>(),   \
   run_of<4, vectors>(),   \
   run_of<5, vectors>(),   \
   run_of<6, vectors>(),   \
   run_of<7, vectors>(),   \
   run_of<8, vectors>()}
constexpr Run kRuns[][kMaxRows + 1] = {{}, LITE_RUNS(1), LITE_RUNS(2), LITE_RUNS(3), LITE_RUNS(4),
                                       {}, {},           {},           LITE_RUNS(8)};
#undef LITE_RUNS

// Vectors of the next stripe: as many as leave whole panels, and no few behind them.
int choose_vectors(int64_t m, int64_t remaining) {
  if (m <= kFewRows && remaining >= kMaxVectors) return kMaxVectors;
  if (remaining == 5) return 2;
  return remaining >= 4 ? 4 : static_cast<int>(remaining);
}

// Tiles of nearly equal height: none is left with a few rows only.
void run_stripe(const Block& block, int vectors, const Stripe& stripe) {
  const uint32_t m = static_cast<uint32_t>(block.m);  // the shorter divide faster
  const uint32_t highest = static_cast<uint32_t>(max_rows(vectors));
  const uint32_t tiles = (m + highest - 1) / highest;
  const uint32_t rows = m / tiles, higher = m % tiles;
  if (higher > 0) kRuns[vectors][rows + 1](block, stripe, 0, higher);
  kRuns[vectors][rows](block, stripe, int64_t{higher} * (rows + 1), tiles - higher);
}

void multiply(const Block& block) {
  if (block.m <= 0) return;
  const int64_t total = (block.n + kWidth - 1) / kWidth;
  int64_t vector = is_worth_packing(block) ? multiply_packed(block) / kWidth : 0;
  while (vector < total) {
    const int vectors = choose_vectors(block.m, total - vector);
    Stripe stripe;
    point_at_columns(block, vector * kWidth, vectors, stripe);
    run_stripe(block, vectors, stripe);
    vector += vectors;
  }
}

}  // namespace

extern const Kernels LITE_KERNELS;
const Kernels LITE_KERNELS = {multiply, packed_elements};

}  // namespace lite::hgemm
