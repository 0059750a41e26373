// SPDX-License-Identifier: Apache-2.0
// Tiles of halves: vectors of A along the depth, which are taken lane by lane, by rows of panels.
#pragma once

#include "kernels/hgemm/hgemm.h"
#include "simd/activation.h"

namespace lite::hgemm {
namespace {

constexpr int kPanel = gemm::kPanel;
constexpr int kWidth = Simd::kWidth;
constexpr int kMaxRows = 8, kMaxVectors = 8;
constexpr int kFewRows = 2;  // they take tiles of most columns

// Rows of the largest tile of so many vectors of columns: its sums, a vector of each row of A, four
// of B and one to spare in registers.
constexpr int max_rows(int vectors) {
  if (vectors == kMaxVectors) return kFewRows;
  const int rows = (Simd::kRegisters - 5) / (vectors + 1);
  return rows < kMaxRows ? rows : kMaxRows;
}

// What follows is read from memory again.
LITE_INLINE void forget() { asm volatile("" ::: "memory"); }

// Nothing is loaded for what follows before these sums are complete: registers are few.
template <int kRows, int kVectors>
LITE_INLINE void settle(Simd::f32 (&sums)[kRows][kVectors], int vector) {
  LITE_UNROLL
  for (int i = 0; i < kRows; ++i) Simd::settle(sums[i][vector]);
}

// Two lanes of A by two rows of B: whole panels of it, which are four vectors, and half a panel
// behind them if the vectors are odd.
template <int kLane, int kRows, int kVectors>
LITE_INLINE void multiply_lanes(const Half* (&b)[(kVectors + 1) / 2], const Simd::f32 (&a)[kRows],
                                Simd::f32 (&sums)[kRows][kVectors]) {
  LITE_UNROLL
  for (int panel = 0; panel < kVectors / 2; ++panel) {
    Simd::f32 w[4];
    Simd::load_four(b[panel], w);
    LITE_UNROLL
    for (int j = 0; j < 2; ++j) LITE_UNROLL
    for (int i = 0; i < kRows; ++i)
      sums[i][2 * panel + j] = Simd::fma_lane<kLane>(w[j], a[i], sums[i][2 * panel + j]);
    LITE_UNROLL
    for (int j = 0; j < 2; ++j) LITE_UNROLL
    for (int i = 0; i < kRows; ++i)
      sums[i][2 * panel + j] = Simd::fma_lane<kLane + 1>(w[2 + j], a[i], sums[i][2 * panel + j]);
  }
  if constexpr (kVectors % 2 != 0) {
    constexpr int kLast = kVectors - 1, kHalf = kVectors / 2;
    const Simd::f32 first = Simd::load(b[kHalf]), second = Simd::load(b[kHalf] + kPanel);
    b[kHalf] += 2 * kPanel;
    LITE_UNROLL
    for (int i = 0; i < kRows; ++i)
      sums[i][kLast] = Simd::fma_lane<kLane>(first, a[i], sums[i][kLast]);
    LITE_UNROLL
    for (int i = 0; i < kRows; ++i)
      sums[i][kLast] = Simd::fma_lane<kLane + 1>(second, a[i], sums[i][kLast]);
  }
  if constexpr (kLane + 2 < Simd::kLanes) multiply_lanes<kLane + 2>(b, a, sums);
}

// One element of each row of A by a row of B.
template <int kRows, int kVectors>
LITE_INLINE void multiply_one(const Half* (&b)[(kVectors + 1) / 2], const Simd::f32 (&a)[kRows],
                              Simd::f32 (&sums)[kRows][kVectors]) {
  LITE_UNROLL
  for (int j = 0; j < kVectors; ++j) {
    const Simd::f32 columns = Simd::load(b[j / 2] + j % 2 * kWidth);
    LITE_UNROLL
    for (int i = 0; i < kRows; ++i) sums[i][j] = Simd::fma(columns, a[i], sums[i][j]);
  }
  LITE_UNROLL
  for (int panel = 0; panel < (kVectors + 1) / 2; ++panel) b[panel] += kPanel;
}

// The depth of one tap.
template <int kRows, int kVectors>
LITE_INLINE void add_tap(int64_t depth, const Half* (&a)[kRows],
                         const Half* (&b)[(kVectors + 1) / 2], Simd::f32 (&sums)[kRows][kVectors]) {
  int64_t left = depth;
  for (; left >= Simd::kLanes; left -= Simd::kLanes) {
    Simd::f32 values[kRows];
    LITE_UNROLL
    for (int i = 0; i < kRows; ++i) {
      values[i] = Simd::load(a[i]);
      a[i] += Simd::kLanes;
    }
    multiply_lanes<0>(b, values, sums);
  }
  for (; left > 0; --left) {
    Simd::f32 values[kRows];
    LITE_UNROLL
    for (int i = 0; i < kRows; ++i) values[i] = Simd::broadcast(a[i]++);
    multiply_one(b, values, sums);
  }
}

// Columns that tiles work on, and what all of them read.
struct Stripe {
  const Half* b;
  const Half* residual;
  Half* c;
  int64_t columns;  // that exist
  int last;         // of them, in the last vector
  bool plain;       // whole vectors, nothing is added, bounds at most
  alignas(16) Half bias[kMaxVectors * kWidth];
};

void copy_bias(const Block& block, int64_t column, Stripe& stripe) {
  for (int64_t j = 0; j < kMaxVectors * kWidth && j < stripe.columns; j += kWidth) {
    const int64_t rest = stripe.columns - j;
    const int count = rest < kWidth ? static_cast<int>(rest) : kWidth;
    Simd::store(stripe.bias + j, block.bias ? Simd::load_partial(block.bias + column + j, count)
                                            : Simd::broadcast(0.0f));
  }
}

// `vectors` vectors of columns from a column on.
void point_at_columns(const Block& block, int64_t column, int vectors, Stripe& stripe) {
  const int64_t rest = block.n - column;
  stripe.b = block.b + column / kPanel * block.panel_stride;
  stripe.residual = block.residual ? block.residual + column : nullptr;
  stripe.c = block.c + column;
  stripe.columns = rest < vectors * kWidth ? rest : vectors * kWidth;
  stripe.last = static_cast<int>(stripe.columns - (vectors - 1) * kWidth);
  stripe.plain = stripe.residual == nullptr && stripe.last == kWidth &&
                 block.activation.kind == ActivationKind::bounds;
  copy_bias(block, column, stripe);
}

// Where the rows of a tile lie, at one tap. False if all of them are zeros.
template <int kRows>
LITE_INLINE bool point_at_rows(const Block& block, int64_t row, int64_t tap,
                               const Half* (&a)[kRows]) {
  if (block.rows == nullptr) {
    a[0] = block.a + tap * block.tap_stride + row * block.a_stride;
    LITE_UNROLL
    for (int i = 1; i < kRows; ++i) a[i] = a[i - 1] + block.a_stride;
    return true;
  }
  const Half* const* table = block.rows + tap * block.row_stride + row;
  bool zero = true;
  LITE_UNROLL
  for (int i = 0; i < kRows; ++i) {
    a[i] = table[i];
    zero &= a[i] == block.zeros;
  }
  return !zero;
}

template <int kRows, int kVectors>
LITE_INLINE void accumulate(const Block& block, const Stripe& stripe, int64_t row,
                            Simd::f32 (&sums)[kRows][kVectors]) {
  const int64_t depth = block.k, taps = block.taps;
  const Half* b[(kVectors + 1) / 2];
  b[0] = stripe.b;
  LITE_UNROLL
  for (int panel = 1; panel < (kVectors + 1) / 2; ++panel)
    b[panel] = b[panel - 1] + block.panel_stride;
  for (int64_t tap = 0; tap < taps; ++tap) {
    const Half* a[kRows];
    if (point_at_rows(block, row, tap, a)) {
      add_tap(depth, a, b, sums);
    } else {
      LITE_UNROLL
      for (int panel = 0; panel < (kVectors + 1) / 2; ++panel) b[panel] += depth * kPanel;
    }
  }
}

template <class Change, int kRows, int kVectors>
LITE_INLINE void change_sums(Simd::f32 (&sums)[kRows][kVectors], const Change& change) {
  LITE_UNROLL
  for (int i = 0; i < kRows; ++i) LITE_UNROLL
  for (int j = 0; j < kVectors; ++j) sums[i][j] = change(sums[i][j]);
}

// Bounds that are infinite are left out: comparisons take the place of multiplications.
template <int kRows, int kVectors>
LITE_INLINE void bound_sums(const Activation& activation, Simd::f32 (&sums)[kRows][kVectors]) {
  const Simd::f32 lo = Simd::broadcast(activation.lo), hi = Simd::broadcast(activation.hi);
  if (activation.lo > -__builtin_inff())
    change_sums(sums, [lo](Simd::f32 y) { return Simd::max(lo, y); });
  if (activation.hi < __builtin_inff())
    change_sums(sums, [hi](Simd::f32 y) { return Simd::min(hi, y); });
}

template <int kRows, int kVectors>
LITE_INLINE void add_residual(const Half* residual, int64_t stride, int last,
                              Simd::f32 (&sums)[kRows][kVectors]) {
  LITE_UNROLL
  for (int i = 0; i < kRows; ++i, residual += stride) {
    LITE_UNROLL
    for (int j = 0; j + 1 < kVectors; ++j)
      sums[i][j] = Simd::add(sums[i][j], Simd::load(residual + j * kWidth));
    constexpr int kLast = kVectors - 1;
    sums[i][kLast] = Simd::add(sums[i][kLast], Simd::load_partial(residual + kLast * kWidth, last));
  }
}

template <int kRows, int kVectors>
LITE_INLINE void store_whole(Half* c, int64_t stride, const Simd::f32 (&sums)[kRows][kVectors]) {
  LITE_UNROLL
  for (int i = 0; i < kRows; ++i, c += stride) LITE_UNROLL
  for (int j = 0; j < kVectors; ++j) Simd::store(c + j * kWidth, sums[i][j]);
}

template <int kRows, int kVectors>
LITE_INLINE void store_partial(Half* c, int64_t stride, int last,
                               const Simd::f32 (&sums)[kRows][kVectors]) {
  constexpr int kLast = kVectors - 1;
  LITE_UNROLL
  for (int i = 0; i < kRows; ++i, c += stride) {
    LITE_UNROLL
    for (int j = 0; j < kLast; ++j) Simd::store(c + j * kWidth, sums[i][j]);
    Simd::store_partial(c + kLast * kWidth, sums[i][kLast], last);
  }
}

template <int kRows, int kVectors>
LITE_INLINE void finish(const Block& block, const Stripe& stripe, int64_t row,
                        Simd::f32 (&sums)[kRows][kVectors]) {
  Half* c = stripe.c + row * block.c_stride;
  if (stripe.plain) {
    bound_sums(block.activation, sums);
    return store_whole(c, block.c_stride, sums);
  }
  if (stripe.residual != nullptr)
    add_residual(stripe.residual + row * block.residual_stride, block.residual_stride, stripe.last,
                 sums);
  bound_sums(block.activation, sums);
  store_partial(c, block.c_stride, stripe.last, sums);
  apply_activation(block.activation, c, block.c_stride, kRows, stripe.columns);
}

template <int kRows, int kVectors>
LITE_INLINE void begin_sums(const Stripe& stripe, Simd::f32 (&sums)[kRows][kVectors]) {
  LITE_UNROLL
  for (int i = 0; i < kRows; ++i) LITE_UNROLL
  for (int j = 0; j < kVectors; ++j)
    sums[i][j] = i == 0 ? Simd::load(stripe.bias + j * kWidth) : sums[0][j];
}

// `tiles` tiles of kRows rows, from a row of the block on.
template <int kRows, int kVectors>
__attribute__((noinline)) void run_tiles(const Block& block, const Stripe& stripe, int64_t row,
                                         int64_t tiles) {
  for (; tiles > 0; --tiles, row += kRows) {
    Simd::f32 sums[kRows][kVectors];
    begin_sums(stripe, sums);
    accumulate(block, stripe, row, sums);
    forget();
    finish(block, stripe, row, sums);
  }
}

}  // namespace
}  // namespace lite::hgemm
