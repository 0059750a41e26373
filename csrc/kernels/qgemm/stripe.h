// SPDX-License-Identifier: Apache-2.0
// What the kernels of the GEMM of bytes share, over whichever trait was included before: columns of
// the packed factor that are worked on together, and sums on their way to outputs.
#pragma once

#include "kernels/qgemm/qgemm.h"
#include "simd/inline.h"
#if defined(__ARM_NEON)
#include "simd/small_sums_neon.h"
#endif

namespace lite::qgemm {
namespace {

constexpr int kWidth = Simd::kWidth;
constexpr int kMaxVectors = 4;
constexpr int kMaxRows =
    8;  // more rows at a stride of a power of two would evict one another from L1
constexpr int kLeastDepth = 96;        // below, rows are finished one after another
constexpr int kStep = kPanel * kQuad;  // bytes from quad to quad of a panel

#if defined(__AMX_INT8__)
constexpr int kGreatestSums = 2 * kPanel * kMaxVectors * kWidth;  // two tiles high
#else
constexpr int kGreatestSums = kMaxRows * kMaxVectors * kWidth;
#endif

struct Stripe;
struct Results;
using Finish = void (*)(const Block& block, const Stripe& stripe, Results& results, int64_t rows);

// The columns that a tile works on: [column, column + vectors * kWidth) of the block.
struct Stripe {
  const int8_t* b;
  const int8_t* next;  // the following stripe's part of B, or this one's if it is the last
  int64_t column;
  int64_t n;                                       // columns that exist
  Finish finish;                                   // turns rows of sums that wait into outputs
  bool plain;                                      // they need no care: finish_row may do it
  Sums sums;                                       // of outputs; any if columns are missing
  alignas(64) int32_t bias[kMaxVectors * kWidth];  // zeros after those that exist
  alignas(64) float scale[kMaxVectors * kWidth];
#if defined(__ARM_NEON)
  SmallSums small;  // these two only if not just any sums
  Residuals residuals;
  bool common;  // sums are small, without residuals, and only have to be saturated
#endif
};

// Rows of sums that are to become outputs.
struct Waiting {
  const int32_t* sums;
  int8_t* c;
  int64_t row;   // of the block, the next one
  int64_t rows;  // that are left
};

// Sums on their way to outputs. Those of a tile wait until the next tile is summed, so that the
// processor finishes them while it multiplies.
struct Results {
  alignas(64) int32_t sums[2][kGreatestSums];
  int turn = 0;
  Waiting waiting = {nullptr, nullptr, 0, 0};
  int64_t c_stride = 0;
  int64_t chunk = 0;  // of the depth, between two rows that are finished
  Simd::Bounds bounds = {};
};

// Columns of a vector that exist.
LITE_INLINE int lanes(int64_t n, int vector) {
  const int64_t rest = n - vector * kWidth;
  return rest >= kWidth ? kWidth : rest > 0 ? static_cast<int>(rest) : 0;
}

template <int kRows, int kVectors>
LITE_INLINE void store_sums(const Simd::s32 (&sums)[kRows][kVectors], int32_t* target) {
  LITE_UNROLL
  for (int i = 0; i < kRows; ++i) LITE_UNROLL
  for (int j = 0; j < kVectors; ++j) Simd::store(target + (i * kVectors + j) * kWidth, sums[i][j]);
}

// What was read from memory is read again: it takes no registers from the loop before this.
LITE_INLINE void reload() { asm volatile("" ::: "memory"); }

}  // namespace
}  // namespace lite::qgemm
