// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>

#include "kernels/gemm/gemm.h"
#include "simd/activation.h"

namespace lite::gemm {
namespace {

constexpr int kWidth = Simd::kWidth;
constexpr int kMaxVectors = 4;
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
  const float* bias;
  const float* residual;
  float* c;
  int64_t n;      // columns that exist, from the stripe's first on
  const B* next;  // the following stripe's part of B, or this one's if it is the last
};

LITE_INLINE int lanes(int64_t n, int vector) {
  const int64_t rest = n - vector * kWidth;
  return rest >= kWidth ? kWidth : rest > 0 ? static_cast<int>(rest) : 0;
}

template <int kRows>
LITE_INLINE bool all_zeros(const float* const (&a)[kRows], const float* zeros) {
  bool zero = true;
  LITE_UNROLL
  for (int i = 0; i < kRows; ++i) zero &= a[i] == zeros;
  return zero;
}

// Panels of a stripe.
template <int kVectors>
constexpr int kPanels = (kVectors * kWidth + kPanel - 1) / kPanel;

// Panels of the next stripe that a tile fetches. Low tiles are few, so each fetches all of them.
// Those of one vector fetch none: they are bound by their loads, and mostly the last.
template <class B, int kRows, int kVectors>
constexpr int kAhead = kScaled<B>     ? 0
                       : kRows <= 2   ? kPanels<kVectors>
                       : kVectors > 1 ? 1
                                      : 0;

LITE_INLINE Simd::f32 load_b(const float* b, Simd::f32) { return Simd::load(b); }
template <class B>
LITE_INLINE Simd::f32 load_b(const B* b, Simd::f32 scales) {
  return Simd::mul(Simd::load_as_f32(b), scales);
}

template <class B, int kRows, int kVectors>
LITE_INLINE void accumulate(const Block& block, const Stripe<B>& stripe, int64_t row,
                            const B* ahead, Simd::f32 (&sums)[kRows][kVectors]) {
  const int64_t depth = block.k, panel_stride = block.panel_stride;
  const float* const* table = block.rows + row;
  const B* b = stripe.b;
  Simd::f32 scales[kVectors];
  LITE_UNROLL
  for (int j = 0; j < kVectors; ++j)
    scales[j] = kScaled<B> ? Simd::load(stripe.scales + j * kWidth) : Simd::broadcast(1.0f);
  for (int64_t tap = 0; tap < block.taps; ++tap, table += block.row_stride) {
    const float* a[kRows];
    LITE_UNROLL
    for (int i = 0; i < kRows; ++i) a[i] = table[i];
    if (all_zeros(a, block.zeros)) {
      b += depth * kPanel;
      ahead += depth * kPanel;
      continue;
    }
    for (int64_t k = 0; k < depth; ++k, b += kPanel, ahead += kPanel) {
      LITE_UNROLL
      for (int panel = 0; panel < kAhead<B, kRows, kVectors>; ++panel)
        __builtin_prefetch(ahead + panel * panel_stride, 0, 2);
      Simd::f32 columns[kVectors];
      LITE_UNROLL
      for (int j = 0; j < kVectors; ++j)
        columns[j] =
            load_b(b + j * kWidth / kPanel * panel_stride + j * kWidth % kPanel, scales[j]);
      LITE_UNROLL
      for (int i = 0; i < kRows; ++i) {
        const Simd::f32 value = Simd::broadcast(a[i][k]);
        LITE_UNROLL
        for (int j = 0; j < kVectors; ++j) sums[i][j] = Simd::fma(value, columns[j], sums[i][j]);
      }
    }
  }
}

template <class B, int kRows, int kVectors>
LITE_INLINE void finish(const Block& block, const Stripe<B>& stripe, int64_t row,
                        Simd::f32 (&sums)[kRows][kVectors]) {
  const Simd::f32 lo = Simd::broadcast(block.activation.lo);
  const Simd::f32 hi = Simd::broadcast(block.activation.hi);
  const float* residual = stripe.residual + (stripe.residual ? row * block.residual_stride : 0);
  float* c = stripe.c + row * block.c_stride;
  const bool whole = stripe.n >= kVectors * kWidth;
  LITE_UNROLL
  for (int i = 0; i < kRows; ++i, c += block.c_stride, residual += block.residual_stride) {
    LITE_UNROLL
    for (int j = 0; j < kVectors; ++j) {
      Simd::f32 y = sums[i][j];
      if (stripe.residual != nullptr) {
        const float* source = residual + j * kWidth;
        y = Simd::add(y,
                      whole ? Simd::load(source) : Simd::load_partial(source, lanes(stripe.n, j)));
      }
      y = Simd::min(hi, Simd::max(lo, y));
      if (whole) {
        Simd::store(c + j * kWidth, y);
      } else {
        Simd::store_partial(c + j * kWidth, y, lanes(stripe.n, j));
      }
    }
  }
}

// A pointer that the compiler knows nothing about: what is read through it stays in memory instead
// of taking registers from the accumulators.
LITE_INLINE const float* opaque(const float* p) {
  asm volatile("" : "+r"(p));
  return p;
}

// `tiles` tiles of kRows rows, from a row of the block on.
template <class B, int kRows, int kVectors>
__attribute__((noinline)) void run_tiles(const Block& block, const Stripe<B>& stripe, int64_t row,
                                         int64_t tiles) {
  alignas(64) float bias[kVectors * kWidth];
  LITE_UNROLL
  for (int j = 0; j < kVectors; ++j)
    Simd::store(bias + j * kWidth,
                stripe.bias == nullptr
                    ? Simd::broadcast(0.0f)
                    : Simd::load_partial(stripe.bias + j * kWidth, lanes(stripe.n, j)));
  for (int64_t tile = 0; tile < tiles; ++tile, row += kRows) {
    // The first tiles fetch the next stripe of B while they compute.
    const bool fetches = kAhead<B, kRows, kVectors> == 1 && tile < kPanels<kVectors>;
    const B* ahead = stripe.next + (fetches ? tile * block.panel_stride : 0);
    Simd::f32 sums[kRows][kVectors];
    const float* start = opaque(bias);
    LITE_UNROLL
    for (int j = 0; j < kVectors; ++j) sums[0][j] = Simd::load(start + j * kWidth);
    LITE_UNROLL
    for (int i = 1; i < kRows; ++i) LITE_UNROLL
    for (int j = 0; j < kVectors; ++j) sums[i][j] = sums[0][j];
    accumulate(block, stripe, row, ahead, sums);
    finish(block, stripe, row, sums);
  }
}

template <class B>
using Run = void (*)(const Block& block, const Stripe<B>& stripe, int64_t row, int64_t tiles);

template <class B, int kRows, int kVectors>
constexpr Run<B> run_of() {
  if constexpr (kRows <= max_rows<B>(kVectors)) return run_tiles<B, kRows, kVectors>;
  return nullptr;
}

#define LITE_RUNS(vectors)  \
  {nullptr,                 \
   run_of<B, 1, vectors>(), \
   run_of<B, 2, vectors>(), \
   run_of<B, 3, vectors>(), \
   run_of<B, 4, vectors>(), \
   run_of<B, 5, vectors>(), \
   run_of<B, 6, vectors>(), \
   run_of<B, 7, vectors>(), \
   run_of<B, 8, vectors>()}
template <class B>
constexpr Run<B> kRuns[kMaxVectors + 1][kMaxRows + 1] = {
    {}, LITE_RUNS(1), LITE_RUNS(2), LITE_RUNS(3), LITE_RUNS(4)};
#undef LITE_RUNS

// Vectors of the next stripe: as many accumulators as the rows allow, and no lonely vector at the
// end.
template <class B>
int choose_vectors(int64_t m, int64_t column, int64_t remaining) {
  int best = 1;
  int64_t most = 0;
  for (int vectors = 1; vectors <= kMaxVectors && vectors <= remaining; ++vectors) {
    const int rows = max_rows<B>(vectors);
    if (rows == 0 || column % (vectors * kWidth < kPanel ? vectors * kWidth : kPanel) != 0)
      continue;
    const int64_t sums = (m < rows ? m : rows) * vectors;
    if (sums < most || (sums == most && remaining != vectors)) continue;
    best = vectors;
    most = sums;
  }
  return best;
}

// Tiles of nearly equal height: none is left with a few rows only.
template <class B>
void run_stripe(const Block& block, const Stripe<B>& stripe, int vectors) {
  const int64_t highest = max_rows<B>(vectors);
  const int64_t tiles = (block.m + highest - 1) / highest;
  const int64_t rows = block.m / tiles, higher = block.m % tiles;
  if (higher > 0) kRuns<B>[vectors][rows + 1](block, stripe, 0, higher);
  kRuns<B>[vectors][rows](block, stripe, higher*(rows + 1), tiles - higher);
}

template <class B>
void run(const Block& block, const B* weights, const B* end, const float* scales) {
  if (block.m <= 0) return;
  const bool contiguous =
      block.c_stride == block.n && block.n < kPanel;  // short rows make one long
  const int64_t total = (block.n + kWidth - 1) / kWidth;
  if (end == nullptr) end = weights + (block.n + kPanel - 1) / kPanel * block.panel_stride;
  for (int64_t vector = 0; vector < total;) {
    const int64_t column = vector * kWidth;
    const int vectors = choose_vectors<B>(block.m, column, total - vector);
    const B* b = weights + column / kPanel * block.panel_stride + column % kPanel;
    const B* next = weights + (column + vectors * kWidth) / kPanel * block.panel_stride;
    const Stripe<B> stripe = {b,
                              scales ? scales + column : nullptr,
                              block.bias ? block.bias + column : nullptr,
                              block.residual ? block.residual + column : nullptr,
                              block.c + column,
                              block.n - column,
                              next < end ? next : b};
    run_stripe(block, stripe, vectors);
    const int64_t columns = stripe.n < vectors * kWidth ? stripe.n : vectors * kWidth;
    if (!contiguous) apply_activation(block.activation, stripe.c, block.c_stride, block.m, columns);
    vector += vectors;
  }
  if (contiguous) apply_activation(block.activation, block.c, 0, 1, block.m * block.n);
}

void multiply(const Block& block) { run<float>(block, block.b, block.b_end, nullptr); }

template <class B>
void multiply_scaled(const Block& block, const B* b, const float* scales) {
  run<B>(block, b, nullptr, scales);
}

template <class B>
void expand(const B* b, int64_t k, const float* scales, float* panel) {
  Simd::f32 factors[kPanel / kWidth];
  LITE_UNROLL
  for (int j = 0; j < kPanel / kWidth; ++j) factors[j] = Simd::load(scales + j * kWidth);
  for (int64_t row = 0; row < k; ++row, b += kPanel, panel += kPanel) LITE_UNROLL
  for (int j = 0; j < kPanel / kWidth; ++j)
    Simd::store(panel + j * kWidth, load_b(b + j * kWidth, factors[j]));
}

void pack_panel(const float* b, int64_t k, int64_t k_stride, const int64_t* columns, int count,
                float* panel) {
  const bool adjacent = count == kPanel && columns[kPanel - 1] - columns[0] == kPanel - 1;
  for (int64_t row = 0; row < k; ++row, b += k_stride, panel += kPanel) {
    if (adjacent) {
      LITE_UNROLL
      for (int j = 0; j < kPanel; j += kWidth)
        Simd::store(panel + j, Simd::load(b + columns[0] + j));
      continue;
    }
    for (int j = 0; j < count; ++j) panel[j] = b[columns[j]];
    for (int j = count; j < kPanel; ++j) panel[j] = 0.0f;
  }
}

}  // namespace

extern const Kernels LITE_KERNELS;
const Kernels LITE_KERNELS = {multiply,       multiply_scaled<int8_t>, multiply_scaled<int16_t>,
                              expand<int8_t>, expand<int16_t>,         pack_panel};

}  // namespace lite::gemm
