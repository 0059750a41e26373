// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/qgemm/qgemm.h"
#include "simd/requantize.h"

namespace lite::qgemm {
namespace {

constexpr int kWidth = Simd::kWidth;
constexpr int kMaxVectors = 4;
constexpr int kMaxRows =
    8;  // more rows at a stride of a power of two would evict one another from L1
constexpr int kStep = kPanel * kQuad;  // bytes from quad to quad of a panel

// Vectors of a tile start at multiples of their width inside a panel or cover whole panels.
constexpr bool fits_panels(int vectors) {
  const int columns = vectors * kWidth;
  return kPanel % columns == 0 || columns % kPanel == 0;
}

// Rows of the largest tile of so many vectors: sums, a row of weights and one quad of inputs in
// registers.
constexpr int max_rows(int vectors) {
  if (!fits_panels(vectors)) return 0;
  const int others =
      vectors * Dot::kWeightsRegisters + Dot::kInputsRegisters + Dot::kPreparationRegisters;
  const int rows = (Simd::kRegisters - others) / (vectors * Dot::kSumsRegisters);
  return rows < kMaxRows ? rows : kMaxRows;
}

// The columns that a tile works on: [column, column + vectors * kWidth) of the block.
struct Stripe {
  const int8_t* b;
  const int32_t* bias;
  const float* scale;
  const int8_t* residual;
  int8_t* c;
  int64_t n;           // columns that exist, from the stripe's first on
  const int8_t* next;  // the following stripe's part of B, or this one's if it is the last
};

LITE_INLINE int lanes(int64_t n, int vector) {
  const int64_t rest = n - vector * kWidth;
  return rest >= kWidth ? kWidth : rest > 0 ? static_cast<int>(rest) : 0;
}

// Panels of a stripe.
template <int kVectors>
constexpr int kPanels = (kVectors * kWidth + kPanel - 1) / kPanel;

// Panels of the next stripe that a tile fetches. Low tiles are few, so each fetches all of them.
// Those of one vector fetch none: they are bound by their loads, and mostly the last.
template <int kRows, int kVectors>
constexpr int kAhead = kRows <= 2     ? kPanels<kVectors>
                       : kVectors > 1 ? 1
                                      : 0;

LITE_INLINE int32_t whole_quad(const int8_t* p) {
  int32_t quad;
  __builtin_memcpy(&quad, p, sizeof(quad));
  return quad;
}

// The last 1 to 3 of k elements, and anything in the place of those that would fill up the quad:
// nothing behind them is read.
LITE_INLINE int32_t last_quad(const int8_t* a, int64_t k) {
  const int64_t rest = k % kQuad;
  if (k > kQuad)
    return static_cast<int32_t>(static_cast<uint32_t>(whole_quad(a + k - kQuad)) >>
                                (8 * (kQuad - rest)));
  uint32_t quad = 0;
  for (int64_t i = 0; i < rest; ++i)
    quad |= static_cast<uint32_t>(static_cast<uint8_t>(a[i])) << (8 * i);
  return static_cast<int32_t>(quad);
}

template <int kRows, int kVectors>
struct Tile {
  Dot::Sums sums[kRows][kVectors];
  Dot::Preparation preparation;

  // Multiplies one quad of each row, quad(i), with the weights at b.
  template <class Quad>
  LITE_INLINE void add(const int8_t* b, int64_t panel_stride, const Quad& quad) {
    Dot::Weights columns[kVectors];
    LITE_UNROLL
    for (int j = 0; j < kVectors; ++j)
      columns[j] =
          Dot::weights(b + j * kWidth / kPanel * panel_stride + j * kWidth % kPanel * kQuad);
    LITE_UNROLL
    for (int i = 0; i < kRows; ++i) {
      const Dot::Inputs inputs = Dot::inputs(quad(i), preparation);
      LITE_UNROLL
      for (int j = 0; j < kVectors; ++j) sums[i][j] = Dot::add(sums[i][j], inputs, columns[j]);
    }
  }
};

template <int kRows, int kVectors>
LITE_INLINE void accumulate(const Block& block, const Stripe& stripe, int64_t row,
                            const int8_t* ahead, Tile<kRows, kVectors>& tile) {
  const int64_t depth = block.k, whole = depth / kQuad * kQuad, panel_stride = block.panel_stride;
  const int8_t* const* table = block.rows + row;
  const int8_t* b = stripe.b;
  for (int64_t tap = 0; tap < block.taps; ++tap, table += block.row_stride) {
    const int8_t* a[kRows];
    LITE_UNROLL
    for (int i = 0; i < kRows; ++i) a[i] = table[i];
    for (int64_t k = 0; k < whole; k += kQuad, b += kStep, ahead += kStep) {
      LITE_UNROLL
      for (int panel = 0; panel < kAhead<kRows, kVectors>; ++panel)
        __builtin_prefetch(ahead + panel * panel_stride, 0, 2);
      tile.add(b, panel_stride, [&](int i) { return whole_quad(a[i] + k); });
    }
    if (whole == depth) continue;
    tile.add(b, panel_stride, [&](int i) { return last_quad(a[i], depth); });
    b += kStep;
    ahead += kStep;
  }
}

template <int kVectors>
LITE_INLINE void store(const Stripe& stripe, int vector, int8_t* c, Simd::s32 y) {
  if (stripe.n >= kVectors * kWidth) {
    Simd::store_s8(c, y);
  } else {
    Simd::store_s8_partial(c, y, lanes(stripe.n, vector));
  }
}

template <int kRows, int kVectors>
LITE_INLINE void finish(const Block& block, const Stripe& stripe, int64_t row, const float* scale,
                        const Tile<kRows, kVectors>& tile) {
  const Requantizer requantizer(block.requantization);
  const int8_t* residual = stripe.residual + (stripe.residual ? row * block.residual_stride : 0);
  int8_t* c = stripe.c + row * block.c_stride;
  LITE_UNROLL
  for (int i = 0; i < kRows; ++i, c += block.c_stride, residual += block.residual_stride) {
    LITE_UNROLL
    for (int j = 0; j < kVectors; ++j) {
      const Simd::s32 sums = Dot::finish(tile.sums[i][j]);
      const Simd::f32 scales = Simd::load(scale + j * kWidth);
      if (stripe.residual == nullptr) {
        store<kVectors>(stripe, j, c + j * kWidth, requantizer.outputs(sums, scales));
        continue;
      }
      const int8_t* source = residual + j * kWidth;
      const Simd::s32 added = stripe.n >= kVectors * kWidth
                                  ? Simd::load_s8(source)
                                  : Simd::load_s8_partial(source, lanes(stripe.n, j));
      store<kVectors>(stripe, j, c + j * kWidth, requantizer.outputs(sums, scales, added));
    }
  }
}

// A pointer that the compiler knows nothing about: what is read through it stays in memory instead
// of taking registers from the sums.
template <class T>
LITE_INLINE const T* opaque(const T* p) {
  asm volatile("" : "+r"(p));
  return p;
}

// `tiles` tiles of kRows rows, from a row of the block on.
template <int kRows, int kVectors>
__attribute__((noinline)) void run_tiles(const Block& block, const Stripe& stripe, int64_t row,
                                         int64_t tiles) {
  alignas(64) int32_t bias[kVectors * kWidth];
  alignas(64) float scale[kVectors * kWidth];
  LITE_UNROLL
  for (int j = 0; j < kVectors; ++j) {
    const int count = lanes(stripe.n, j);
    Simd::store(bias + j * kWidth, Simd::load_partial(stripe.bias + j * kWidth, count));
    Simd::store(scale + j * kWidth, Simd::load_partial(stripe.scale + j * kWidth, count));
  }
  Tile<kRows, kVectors> sums;
  sums.preparation = Dot::preparation();
  for (int64_t tile = 0; tile < tiles; ++tile, row += kRows) {
    // The first tiles fetch the next stripe of B while they compute.
    const bool fetches = kAhead<kRows, kVectors> == 1 && tile < kPanels<kVectors>;
    const int8_t* ahead = stripe.next + (fetches ? tile * block.panel_stride : 0);
    const int32_t* start = opaque(bias);
    LITE_UNROLL
    for (int j = 0; j < kVectors; ++j) sums.sums[0][j] = Dot::start(Simd::load(start + j * kWidth));
    LITE_UNROLL
    for (int i = 1; i < kRows; ++i) LITE_UNROLL
    for (int j = 0; j < kVectors; ++j) sums.sums[i][j] = sums.sums[0][j];
    accumulate(block, stripe, row, ahead, sums);
    finish(block, stripe, row, opaque(scale), sums);
  }
}

using Run = void (*)(const Block& block, const Stripe& stripe, int64_t row, int64_t tiles);

template <int kRows, int kVectors>
constexpr Run run_of() {
  if constexpr (kRows <= max_rows(kVectors)) return run_tiles<kRows, kVectors>;
  return nullptr;
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
constexpr Run kRuns[kMaxVectors + 1][kMaxRows + 1] = {
    {}, LITE_RUNS(1), LITE_RUNS(2), LITE_RUNS(3), LITE_RUNS(4)};
#undef LITE_RUNS

// Vectors of the next stripe: as many sums as the rows allow, and no lonely vector at the end.
int choose_vectors(int64_t m, int64_t column, int64_t remaining) {
  int best = 1;
  int64_t most = 0;
  for (int vectors = 1; vectors <= kMaxVectors && vectors <= remaining; ++vectors) {
    const int rows = max_rows(vectors);
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
void run_stripe(const Block& block, const Stripe& stripe, int vectors) {
  const int64_t highest = max_rows(vectors);
  const int64_t tiles = (block.m + highest - 1) / highest;
  const int64_t rows = block.m / tiles, higher = block.m % tiles;
  if (higher > 0) kRuns[vectors][rows + 1](block, stripe, 0, higher);
  kRuns[vectors][rows](block, stripe, higher * (rows + 1), tiles - higher);
}

void multiply(const Block& block) {
  if (block.m <= 0) return;
  const int64_t total = (block.n + kWidth - 1) / kWidth;
  const int8_t* end = block.b_end != nullptr
                          ? block.b_end
                          : block.b + (block.n + kPanel - 1) / kPanel * block.panel_stride;
  for (int64_t vector = 0; vector < total;) {
    const int64_t column = vector * kWidth;
    const int vectors = choose_vectors(block.m, column, total - vector);
    const int8_t* b = block.b + column / kPanel * block.panel_stride + column % kPanel * kQuad;
    const int8_t* next = block.b + (column + vectors * kWidth) / kPanel * block.panel_stride;
    const Stripe stripe = {b,
                           block.bias + column,
                           block.scale + column,
                           block.residual ? block.residual + column : nullptr,
                           block.c + column,
                           block.n - column,
                           next < end ? next : b};
    run_stripe(block, stripe, vectors);
    vector += vectors;
  }
}

}  // namespace

extern const Kernels LITE_KERNELS;
const Kernels LITE_KERNELS = {multiply, Dot::kOffset};

}  // namespace lite::qgemm
