// SPDX-License-Identifier: Apache-2.0
// What the tiles of family gemm share: how large they are, where they read and write.
#pragma once

#include <cstddef>
#include <type_traits>

#include "kernels/gemm/gemm.h"
#include "simd/activation.h"

namespace lite::gemm {
namespace {

constexpr int kWidth = Simd::kWidth;
constexpr int kMaxVectors = Simd::kLanes > 1 ? 8 : 4;
constexpr int kMaxRows =
    8;  // more rows at a stride of a power of two would evict one another from L1

// Vectors of a tile start at multiples of their width inside a panel or cover whole panels.
constexpr bool fits_panels(int vectors) {
  const int columns = vectors * kWidth;
  return kPanel % columns == 0 || columns % kPanel == 0;
}

// B of integers is converted again by each tile: that pays for few rows only.
template <class B>
constexpr bool kScaled = !std::is_same<B, float>::value;
constexpr int kMaxScaledRows = 2;

// Rows of the largest tile of so many vectors: accumulators, a row of B, its scales and one
// broadcast in registers.
template <class B>
constexpr int max_rows(int vectors) {
  if (!fits_panels(vectors)) return 0;
  const int rows = (Simd::kRegisters - vectors * (kScaled<B> ? 2 : 1) - 1) / vectors;
  constexpr int kMost = kScaled<B> ? kMaxScaledRows : kMaxRows;
  return rows < kMost ? rows : kMost;
}

// The columns that a tile works on: [column, column + vectors * kWidth) of the block.
template <class B>
struct Stripe {
  const B* b;
  const float* scales;  // of integers
  const float* residual;
  float* c;
  int64_t columns;  // that exist
  int last;         // of them, in the last vector
  // What the tiles fetch ahead, a little after each row of B: the following stripe's part of B, or
  // their own if they read it once only.
  const std::byte* ahead;
  int64_t ahead_step;  // bytes
  alignas(64) float bias[kMaxVectors * kWidth];
};

template <int kRows>
LITE_INLINE bool all_zeros(const float* const (&a)[kRows], const float* zeros) {
  bool zero = true;
  LITE_UNROLL
  for (int i = 0; i < kRows; ++i) zero &= a[i] == zeros;
  return zero;
}

// What follows is read from memory again instead of kept in registers that accumulators need.
LITE_INLINE void forget() { asm volatile("" ::: "memory"); }

// What is no bound is applied to what was just stored.
__attribute__((noinline)) void activate_tile(const Block& block, float* c, int64_t rows,
                                             int64_t columns) {
  if (block.c_stride == columns) {  // short rows make one long
    apply_activation(block.activation, c, 0, 1, rows * columns);
  } else {
    apply_activation(block.activation, c, block.c_stride, rows, columns);
  }
}

}  // namespace
}  // namespace lite::gemm
