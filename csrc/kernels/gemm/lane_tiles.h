// SPDX-License-Identifier: Apache-2.0
// Tiles of floats where a multiply-add can take a lane of a vector: A is loaded as vectors, along
// the depth, and taken lane by lane.
#pragma once

#include "kernels/gemm/stripes.h"

namespace lite::gemm {
namespace {

// Whether tiles of floats load vectors of A and multiply by their lanes, one after another.
template <class B>
constexpr bool kByLanes = Simd::kLanes > 1 && !kScaled<B>;

// Multiplies one row of B with a lane of the inputs of each row of A.
template <int kLane, int kRows, int kVectors, class Lanes = Simd>
LITE_INLINE void multiply_lane(const float* b, int64_t panel_stride, const Simd::f32 (&a)[kRows],
                               Simd::f32 (&sums)[kRows][kVectors]) {
  LITE_UNROLL
  for (int j = 0; j < kVectors; ++j) {
    const Simd::f32 columns =
        Simd::load(b + j * kWidth / kPanel * panel_stride + j * kWidth % kPanel);
    LITE_UNROLL
    for (int i = 0; i < kRows; ++i)
      sums[i][j] = Lanes::template fma_lane<kLane>(columns, a[i], sums[i][j]);
  }
}

template <int kLane, int kRows, int kVectors>
LITE_INLINE void multiply_lanes(const float* b, int64_t panel_stride, const Simd::f32 (&a)[kRows],
                                Simd::f32 (&sums)[kRows][kVectors]) {
  multiply_lane<kLane>(b + kLane * kPanel, panel_stride, a, sums);
  if constexpr (kLane + 1 < Simd::kLanes) multiply_lanes<kLane + 1>(b, panel_stride, a, sums);
}

// Bounds of outputs that are no infinities; without a lower one there is no upper one.
struct LaneBounds {
  explicit LaneBounds(const Activation& to)
      : below(to.lo > -__builtin_inff() || to.hi < __builtin_inff()),
        above(to.hi < __builtin_inff()) {}
  bool below, above;
};

// What all tiles of a stripe have in common, out of reach of what is read from memory again.
struct LaneStripe {
  LaneStripe(const Block& block, const Stripe<float>& stripe)
      : b(stripe.b),
        zeros(block.zeros),
        taps(block.taps),
        depth(block.k),
        panel_stride(block.panel_stride),
        a_stride(block.a_stride),
        a_tap_stride(block.tap_stride),
        row_stride(block.row_stride),
        ahead_step(stripe.ahead_step * Simd::kLanes),
        bounds(block.activation),
        plain(stripe.residual == nullptr && stripe.last == kWidth &&
              block.activation.kind == ActivationKind::bounds) {}
  const float* b;
  const float* zeros;
  int64_t taps, depth, panel_stride, a_stride, a_tap_stride, row_stride, ahead_step;
  LaneBounds bounds;
  bool plain;
};

// What a tile reads and writes; it moves from tile to tile.
struct LaneTile {
  const float* a;            // of the first tap, or null
  const float* const* rows;  // of the first tap, where a is null
  const std::byte* ahead;
  const float* residual;
  float* c;
};

// The depth of one tap; the last elements of A that make no vector are loaded one by one.
template <int kRows, int kVectors>
LITE_INLINE const float* add_tap(const LaneStripe& stripe, const float* (&a)[kRows], const float* b,
                                 const std::byte*& ahead, Simd::f32 (&sums)[kRows][kVectors]) {
  int64_t left = stripe.depth;
  int64_t k = 0;
  for (; left >= Simd::kLanes; left -= Simd::kLanes, b += Simd::kLanes * kPanel) {
    __builtin_prefetch(ahead);
    ahead += stripe.ahead_step;
    Simd::f32 values[kRows];
    LITE_UNROLL
    for (int i = 0; i < kRows; ++i) values[i] = Simd::load(a[i] + k);
    k += Simd::kLanes;
    multiply_lanes<0>(b, stripe.panel_stride, values, sums);
  }
  for (; left > 0; --left, ++k, b += kPanel) {
    Simd::f32 values[kRows];
    LITE_UNROLL
    for (int i = 0; i < kRows; ++i) values[i] = Simd::broadcast(a[i][k]);
    multiply_lane<0>(b, stripe.panel_stride, values, sums);
  }
  return b;
}

template <int kRows, int kVectors>
LITE_INLINE void accumulate_lanes(const LaneStripe& stripe, LaneTile& tile,
                                  Simd::f32 (&sums)[kRows][kVectors]) {
  const float* b = stripe.b;
  const float* next = tile.a;
  const float* const* table = tile.rows;
  int64_t taps = stripe.taps;
  do {
    const float* a[kRows];
    if (table == nullptr) {
      a[0] = next;
      LITE_UNROLL
      for (int i = 1; i < kRows; ++i) a[i] = a[i - 1] + stripe.a_stride;
      next += stripe.a_tap_stride;
    } else {
      LITE_UNROLL
      for (int i = 0; i < kRows; ++i) a[i] = table[i];
      table += stripe.row_stride;
      if (all_zeros(a, stripe.zeros)) {
        b += stripe.depth * kPanel;
        continue;
      }
    }
    b = add_tap(stripe, a, b, tile.ahead, sums);
  } while (--taps > 0);
}

// Copies and loads by turns: they take different units.
template <int kRows, int kVectors>
LITE_INLINE void begin_sums(const float* bias, Simd::f32 (&sums)[kRows][kVectors]) {
  LITE_UNROLL
  for (int i = 0; i < kRows; ++i) {
    if (i % 2 == 0) forget();
    LITE_UNROLL
    for (int j = 0; j < kVectors; ++j) {
      sums[i][j] = i % 2 == 0 ? Simd::load(bias + j * kWidth) : sums[i - 1][j];
      Simd::settle(sums[i][j]);
    }
  }
}

template <class Change, int kRows, int kVectors>
LITE_INLINE void change_sums(Simd::f32 (&sums)[kRows][kVectors], const Change& change) {
  LITE_UNROLL
  for (int i = 0; i < kRows; ++i) LITE_UNROLL
  for (int j = 0; j < kVectors; ++j) sums[i][j] = change(sums[i][j]);
}

// Only the last vector of a stripe may have fewer columns than lanes.
template <int kRows, int kVectors>
LITE_INLINE void add_residual(const float* residual, int64_t stride, int last,
                              Simd::f32 (&sums)[kRows][kVectors]) {
  LITE_UNROLL
  for (int i = 0; i < kRows; ++i, residual += stride) LITE_UNROLL
  for (int j = 0; j < kVectors; ++j) {
    const float* source = residual + j * kWidth;
    const bool whole = j + 1 < kVectors || last == kWidth;
    sums[i][j] =
        Simd::add(sums[i][j], whole ? Simd::load(source) : Simd::load_partial(source, last));
  }
}

// Rows by turns: each store waits for the pointer that the one before it in its row moved.
template <int kRows, int kVectors, class Lanes = Simd>
LITE_INLINE void store_sums(float* c, int64_t stride, Simd::f32 (&sums)[kRows][kVectors]) {
  float* rows[kRows];
  LITE_UNROLL
  for (int i = 0; i < kRows; ++i) rows[i] = i == 0 ? c : rows[i - 1] + stride;
  LITE_UNROLL
  for (int j = 0; j < kVectors; ++j) LITE_UNROLL
  for (int i = 0; i < kRows; ++i) Lanes::store_next(rows[i], sums[i][j]);
}

template <int kRows, int kVectors>
LITE_INLINE void store_partial_sums(float* c, int64_t stride, int last,
                                    Simd::f32 (&sums)[kRows][kVectors]) {
  LITE_UNROLL
  for (int i = 0; i < kRows; ++i, c += stride) {
    LITE_UNROLL
    for (int j = 0; j + 1 < kVectors; ++j) Simd::store(c + j * kWidth, sums[i][j]);
    Simd::store_partial(c + (kVectors - 1) * kWidth, sums[i][kVectors - 1], last);
  }
}

// Bounds that are infinite are left out: comparisons take the place of multiplications.
template <int kRows, int kVectors>
LITE_INLINE void bound_sums(const Block& block, const LaneBounds& bounds,
                            Simd::f32 (&sums)[kRows][kVectors]) {
  if (!bounds.below) return;
  if (bounds.above)
    change_sums(sums, [lo = Simd::broadcast(block.activation.lo),
                       hi = Simd::broadcast(block.activation.hi)](Simd::f32 y) {
      return Simd::min(hi, Simd::max(lo, y));
    });
  else
    change_sums(sums, [lo = Simd::broadcast(block.activation.lo)](Simd::f32 y) {
      return Simd::max(lo, y);
    });
}

template <int kRows, int kVectors>
__attribute__((noinline)) void run_lane_tiles(const Block& block, const Stripe<float>& whole,
                                              int64_t row, int64_t done, int64_t tiles) {
  const LaneStripe stripe(block, whole);
  const int64_t residual_step = whole.residual ? kRows * block.residual_stride : 0;
  const int64_t a_step = block.rows ? 0 : kRows * block.a_stride, row_step = block.rows ? kRows : 0;
  const int64_t c_stride = block.c_stride;
  LaneTile tile;
  tile.a = block.rows ? nullptr : block.a + row * block.a_stride;
  tile.rows = block.rows ? block.rows + row : nullptr;
  tile.ahead = whole.ahead + done * block.taps * block.k * whole.ahead_step;
  tile.residual = whole.residual ? whole.residual + row * block.residual_stride : nullptr;
  tile.c = whole.c + row * c_stride;
  for (; tiles > 0; --tiles) {
    Simd::f32 sums[kRows][kVectors];
    begin_sums(whole.bias, sums);
    accumulate_lanes(stripe, tile, sums);
    forget();
    if (stripe.plain) {
      bound_sums(block, stripe.bounds, sums);
      store_sums(tile.c, c_stride, sums);
    } else {
      if (tile.residual) add_residual(tile.residual, block.residual_stride, whole.last, sums);
      bound_sums(block, stripe.bounds, sums);
      store_partial_sums(tile.c, c_stride, whole.last, sums);
      if (block.activation.kind != ActivationKind::bounds)
        activate_tile(block, tile.c, kRows, whole.columns);
    }
    tile.a += a_step;
    tile.rows += row_step;
    tile.residual += residual_step;
    tile.c += kRows * c_stride;
  }
}

// Blocks of one tap, in whole vectors, whose rows lie at even distances and only have to be
// bounded.
inline bool is_plain(const Block& block) {
  return block.rows == nullptr && block.taps == 1 && block.k > 0 && block.k % Simd::kLanes == 0 &&
         block.residual == nullptr && block.activation.kind == ActivationKind::bounds;
}

// The same for such blocks, if the stripe has whole vectors: with few branches.
template <int kRows, int kVectors>
__attribute__((noinline)) void run_plain_tiles(const Block& block, const Stripe<float>& stripe,
                                               int64_t row, int64_t done, int64_t tiles) {
  constexpr int64_t kLanes = Simd::kLanes;
  const LaneBounds bounds(block.activation);
  const int64_t depth = block.k, a_stride = block.a_stride, panel_stride = block.panel_stride;
  const int64_t c_stride = block.c_stride, ahead_step = stripe.ahead_step * kLanes;
  const std::byte* ahead = stripe.ahead + done * depth * stripe.ahead_step;
  const float* first = block.a + row * a_stride;
  float* c = stripe.c + row * c_stride;
  for (; tiles > 0; --tiles, c += kRows * c_stride) {
    Simd::f32 sums[kRows][kVectors];
    begin_sums(stripe.bias, sums);
    const float* a[kRows];
    LITE_UNROLL
    for (int i = 0; i < kRows; ++i, first += a_stride) a[i] = first;
    const float* b = stripe.b;
    int64_t k = 0;
    do {
      __builtin_prefetch(ahead);
      ahead += ahead_step;
      Simd::f32 values[kRows];
      LITE_UNROLL
      for (int i = 0; i < kRows; ++i) values[i] = Simd::load(a[i] + k);
      k += kLanes;
      multiply_lanes<0>(b, panel_stride, values, sums);
      b += kLanes * kPanel;
    } while (k < depth);
    forget();
    bound_sums(block, bounds, sums);
    store_sums(c, c_stride, sums);
  }
}

// Vectors of the next stripe. Few rows need more of them, for sums enough that no one waits for the
// last.
inline int choose_lane_vectors(int64_t m, int64_t remaining) {
  if (m <= max_rows<float>(8) && remaining >= 8) return 8;
  return remaining >= 4 ? 4 : remaining >= 2 ? 2 : 1;
}

}  // namespace
}  // namespace lite::gemm
