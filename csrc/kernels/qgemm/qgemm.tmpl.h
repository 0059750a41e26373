// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>

#include "kernels/qgemm/qgemm.h"
#include "simd/requantize.h"

namespace lite::qgemm {
namespace {

constexpr int kWidth = Simd::kWidth;
constexpr int kMaxVectors = 4;
constexpr int kMaxRows =
    8;  // more rows at a stride of a power of two would evict one another from L1
constexpr int kLeastDepth = 96;        // below, rows are finished one after another
constexpr int kStep = kPanel * kQuad;  // bytes from quad to quad of a panel

// Vectors of a tile start at multiples of their width inside a panel or cover whole panels.
constexpr bool fits_panels(int vectors) {
  const int columns = vectors * kWidth;
  return kPanel % columns == 0 || columns % kPanel == 0;
}

// Rows of the largest tile of so many vectors: sums, a row of weights and one quad of inputs in
// registers. D is Dot, or NarrowDot.
template <class D>
constexpr int max_rows(int vectors) {
  if (!fits_panels(vectors)) return 0;
  const int others =
      vectors * D::kWeightsRegisters + D::kInputsRegisters + D::kPreparationRegisters;
  const int rows = (Simd::kRegisters - others) / (vectors * D::kSumsRegisters);
  return rows < kMaxRows ? rows : kMaxRows;
}

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
  alignas(64) int32_t bias[kMaxVectors * kWidth];  // zeros after those that exist
  alignas(64) float scale[kMaxVectors * kWidth];
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

// Panels of a stripe.
template <int kVectors>
constexpr int kPanels = (kVectors * kWidth + kPanel - 1) / kPanel;

// Panels of the next stripe that a tile fetches. Low tiles are few, so each fetches all of them.
// Those of one vector fetch none: they are bound by their loads, and mostly the last.
template <int kRows, int kVectors>
constexpr int kAhead = kRows <= 2     ? kPanels<kVectors>
                       : kVectors > 1 ? 1
                                      : 0;

LITE_INLINE int32_t quad_at(const int8_t* p) {
  int32_t quad;
  __builtin_memcpy(&quad, p, sizeof(quad));
  return quad;
}

// The last 1 to 3 of k elements, those from p on, and anything in the place of what would fill up
// the quad: nothing behind them is read.
LITE_INLINE int32_t last_quad(const int8_t* p, int64_t k) {
  const int64_t rest = k % kQuad;
  if (k > kQuad)
    return static_cast<int32_t>(static_cast<uint32_t>(quad_at(p + rest - kQuad)) >>
                                (8 * (kQuad - rest)));
  uint32_t quad = 0;
  for (int64_t i = 0; i < rest; ++i)
    quad |= static_cast<uint32_t>(static_cast<uint8_t>(p[i])) << (8 * i);
  return static_cast<int32_t>(quad);
}

LITE_INLINE const int8_t* bytes_of(const int32_t* p) { return reinterpret_cast<const int8_t*>(p); }

// What was read from memory is read again: it takes no registers from the loop before this.
LITE_INLINE void reload() { asm volatile("" ::: "memory"); }

// One row that waits to outputs, if its scales are small, it has no residual and all columns exist.
template <int kVectors>
LITE_INLINE void finish_row(const Stripe& stripe, Results& results) {
  Waiting& waiting = results.waiting;
  Simd::s32 steps[kVectors];
  LITE_UNROLL
  for (int j = 0; j < kVectors; ++j)
    steps[j] = Simd::round_to_s32(Simd::mul(Simd::to_f32(Simd::load(waiting.sums + j * kWidth)),
                                            Simd::load(stripe.scale + j * kWidth)));
  Simd::store_bounded_s8(waiting.c, steps, results.bounds);
  waiting.sums += kVectors * kWidth;
  waiting.c += results.c_stride;
  ++waiting.row;
  --waiting.rows;
}

// Adds the products of a tile; now and then finishes a row that waits.
template <class D, int kRows, int kVectors>
LITE_INLINE void accumulate(const Block& block, const Stripe& stripe, int64_t row,
                            const int8_t* ahead, Results& results,
                            typename D::Sums (&sums)[kRows][kVectors]) {
  const typename D::Preparation preparation = D::preparation();
  const int64_t whole = block.k / kQuad * kQuad, panel_stride = block.panel_stride;
  const int8_t* const* table = block.rows + row;
  const int8_t* b = stripe.b;
  const int64_t distance = ahead - b;
  for (int64_t tap = 0; tap < block.taps; ++tap, table += block.row_stride) {
    int32_t last[kRows];
    const int8_t* a[kRows];  // where whole quads end
    LITE_UNROLL
    for (int i = 0; i < kRows; ++i) a[i] = table[i] + whole;
    for (int64_t k = -whole;;) {
      const int64_t end = k + results.chunk < 0 ? k + results.chunk : 0;
      for (; __builtin_expect(k < end, 1); k += kQuad, b += kStep) {
        LITE_UNROLL
        for (int panel = 0; panel < kAhead<kRows, kVectors>; ++panel)
          __builtin_prefetch(b + distance + panel * panel_stride, 0, 2);
        typename D::Weights columns[kVectors];
        LITE_UNROLL
        for (int j = 0; j < kVectors; ++j)
          columns[j] =
              D::weights(b + j * kWidth / kPanel * panel_stride + j * kWidth % kPanel * kQuad);
        LITE_UNROLL
        for (int i = 0; i < kRows; ++i) {
          const typename D::Inputs inputs = D::inputs(quad_at(a[i] + k), preparation);
          LITE_UNROLL
          for (int j = 0; j < kVectors; ++j) sums[i][j] = D::add(sums[i][j], inputs, columns[j]);
        }
      }
      reload();
      if (results.waiting.rows > 0 && stripe.plain) finish_row<kVectors>(stripe, results);
      if (k < 0) continue;
      if (block.k % kQuad == 0 || a[0] == bytes_of(last + 1)) break;
      LITE_UNROLL
      for (int i = 0; i < kRows; ++i) {
        last[i] = last_quad(a[i], block.k);
        a[i] = bytes_of(last + i + 1);
      }
      k = -kQuad;
    }
  }
}

// A pointer that the compiler knows nothing about: what is read through it stays in memory instead
// of taking registers from the sums.
LITE_INLINE const int32_t* opaque(const int32_t* p) {
  asm volatile("" : "+r"(p));
  return p;
}

// `tiles` tiles of kRows rows, from a row of the block on.
template <class D, int kRows, int kVectors>
__attribute__((noinline)) void run_tiles(const Block& block, const Stripe& stripe, int64_t row,
                                         int64_t tiles, Results& results) {
  for (int64_t tile = 0; tile < tiles; ++tile, row += kRows) {
    // The first tiles fetch the next stripe of B while they compute.
    const bool fetches = kAhead<kRows, kVectors> == 1 && tile < kPanels<kVectors>;
    const int8_t* ahead = stripe.next + (fetches ? tile * block.panel_stride : 0);
    typename D::Sums sums[kRows][kVectors];
    const int32_t* bias = opaque(stripe.bias);
    LITE_UNROLL
    for (int j = 0; j < kVectors; ++j) sums[0][j] = D::start(Simd::load(bias + j * kWidth));
    LITE_UNROLL
    for (int i = 1; i < kRows; ++i) LITE_UNROLL
    for (int j = 0; j < kVectors; ++j) sums[i][j] = sums[0][j];
    accumulate<D>(block, stripe, row, ahead, results, sums);
    int32_t* target = results.sums[results.turn];
    LITE_UNROLL
    for (int i = 0; i < kRows; ++i) LITE_UNROLL
    for (int j = 0; j < kVectors; ++j)
      Simd::store(target + (i * kVectors + j) * kWidth, D::finish(sums[i][j]));
    stripe.finish(block, stripe, results, results.waiting.rows);
    results.waiting = {target, block.c + stripe.column + row * block.c_stride, row, kRows};
    results.turn = 1 - results.turn;
  }
}

// So many rows that wait to outputs, if there are as many.
template <int kVectors, bool kSmall, bool kResidual>
void finish(const Block& block, const Stripe& stripe, Results& results, int64_t rows) {
  constexpr int columns = kVectors * kWidth;
  // Copies: outputs are bytes, and bytes might be any of this.
  const Waiting waiting = results.waiting;
  if (rows > waiting.rows) rows = waiting.rows;
  const int64_t c_stride = block.c_stride, residual_stride = block.residual_stride;
  const Simd::Bounds bounds = results.bounds;
  const Requantizer<kSmall> requantizer(block.requantization);
  const bool whole = stripe.n >= columns;
  const int32_t* sums = waiting.sums;
  int8_t* c = waiting.c;
  const int8_t* residual = nullptr;
  if (kResidual) residual = block.residual + stripe.column + waiting.row * residual_stride;
  for (int64_t i = 0; i < rows; ++i, sums += columns, c += c_stride) {
    Simd::s32 steps[kVectors];
    LITE_UNROLL
    for (int j = 0; j < kVectors; ++j) {
      const Simd::s32 sum = Simd::load(sums + j * kWidth);
      const Simd::f32 scale = Simd::load(stripe.scale + j * kWidth);
      if constexpr (kResidual) {
        const int8_t* added = residual + j * kWidth;
        steps[j] = requantizer.steps(
            sum, scale,
            whole ? Simd::load_s8(added) : Simd::load_s8_partial(added, lanes(stripe.n, j)));
      } else {
        steps[j] = requantizer.steps(sum, scale);
      }
    }
    if (whole) {
      Simd::store_bounded_s8(c, steps, bounds);
    } else {
      Simd::store_bounded_s8_partial(c, steps, bounds, static_cast<int>(stripe.n));
    }
    if (kResidual) residual += residual_stride;
    asm volatile("" : "+r"(sums), "+r"(c));  // else GCC 12 multiplies vectors of pointers
  }
  results.waiting = {sums, c, waiting.row + rows, waiting.rows - rows};
}

template <int kVectors>
Finish finish_of(bool small, bool residual) {
  if (residual) return small ? finish<kVectors, true, true> : finish<kVectors, false, true>;
  return small ? finish<kVectors, true, false> : finish<kVectors, false, false>;
}

using Run = void (*)(const Block& block, const Stripe& stripe, int64_t row, int64_t tiles,
                     Results& results);

template <class D, int kRows, int kVectors>
constexpr Run run_of() {
  if constexpr (kRows <= max_rows<D>(kVectors)) return run_tiles<D, kRows, kVectors>;
  return nullptr;
}

#define LITE_RUNS(vectors)  \
  {nullptr,                 \
   run_of<D, 1, vectors>(), \
   run_of<D, 2, vectors>(), \
   run_of<D, 3, vectors>(), \
   run_of<D, 4, vectors>(), \
   run_of<D, 5, vectors>(), \
   run_of<D, 6, vectors>(), \
   run_of<D, 7, vectors>(), \
   run_of<D, 8, vectors>()}
template <class D>
constexpr Run kRuns[kMaxVectors + 1][kMaxRows + 1] = {
    {}, LITE_RUNS(1), LITE_RUNS(2), LITE_RUNS(3), LITE_RUNS(4)};
#undef LITE_RUNS

// Vectors of the next stripe: as many sums as the rows allow, and no rest at the end.
template <class D>
int choose_vectors(int64_t m, int64_t column, int64_t remaining) {
  int best = 1;
  int64_t most = 0;
  for (int vectors = 1; vectors <= kMaxVectors && vectors <= remaining; ++vectors) {
    const int rows = max_rows<D>(vectors);
    if (rows == 0 || column % (vectors * kWidth < kPanel ? vectors * kWidth : kPanel) != 0)
      continue;
    const int64_t sums = (m < rows ? m : rows) * vectors;
    if (sums < most || (sums == most && remaining % vectors != 0)) continue;
    best = vectors;
    most = sums;
  }
  return best;
}

// Tiles of nearly equal height: none is left with a few rows only.
template <class D>
void run_stripe(const Block& block, const Stripe& stripe, int vectors) {
  const Requantization& to = block.requantization;
  Results results;
  results.c_stride = block.c_stride;
  const int64_t quads = block.taps * (block.k / kQuad);
  results.chunk = (stripe.plain ? quads / kMaxRows + 1 : quads + 1) * kQuad;
  results.bounds = Simd::bounds(to.y_zero, to.lo, to.hi);
  const int64_t highest = max_rows<D>(vectors);
  const int64_t tiles = (block.m + highest - 1) / highest;
  const int64_t rows = block.m / tiles, higher = block.m % tiles;
  if (higher > 0) kRuns<D>[vectors][rows + 1](block, stripe, 0, higher, results);
  kRuns<D>[vectors][rows](block, stripe, higher*(rows + 1), tiles - higher, results);
  stripe.finish(block, stripe, results, results.waiting.rows);
}

// Copies biases and scales of the stripe's columns.
void fill(const Block& block, int vectors, Stripe& stripe) {
  constexpr Finish (*finishes[])(bool, bool) = {finish_of<1>, finish_of<2>, finish_of<3>,
                                                finish_of<4>};
  bool small = fits_steps(block.requantization);
  for (int j = 0; j < vectors; ++j) {
    const int64_t first = stripe.column + j * kWidth;
    const int count = lanes(stripe.n, j);
    const Simd::f32 scale = Simd::load_partial(block.scale + first, count);
    small = small && fits_steps(scale);
    Simd::store(stripe.scale + j * kWidth, scale);
    Simd::store(stripe.bias + j * kWidth, Simd::load_partial(block.bias + first, count));
  }
  stripe.finish = finishes[vectors - 1](small, block.residual != nullptr);
  stripe.plain = small && block.residual == nullptr && stripe.n >= vectors * kWidth &&
                 block.taps * block.k >= kLeastDepth;
}

// The stripe of so many vectors from a column on.
void place(const Block& block, int64_t column, int vectors, Stripe& stripe) {
  const int8_t* end = block.b_end != nullptr
                          ? block.b_end
                          : block.b + (block.n + kPanel - 1) / kPanel * block.panel_stride;
  stripe.b = block.b + column / kPanel * block.panel_stride + column % kPanel * kQuad;
  const int8_t* next = block.b + (column + vectors * kWidth) / kPanel * block.panel_stride;
  stripe.next = next < end ? next : stripe.b;
  stripe.column = column;
  stripe.n = block.n - column;
  fill(block, vectors, stripe);
}

template <class D>
void multiply(const Block& block) {
  if (block.m <= 0) return;
  const int64_t total = (block.n + kWidth - 1) / kWidth;
  Stripe stripe;
  for (int64_t vector = 0; vector < total;) {
    const int64_t column = vector * kWidth;
    const int vectors = choose_vectors<D>(block.m, column, total - vector);
    place(block, column, vectors, stripe);
    run_stripe<D>(block, stripe, vectors);
    vector += vectors;
  }
}

}  // namespace
}  // namespace lite::qgemm

#if defined(__AMX_INT8__)
#include "kernels/qgemm/tiles.h"
#endif

namespace lite::qgemm {
namespace {

const Kernels kNarrow = {multiply<NarrowDot>, NarrowDot::kOffset, Kind::narrow, nullptr, nullptr};
#if defined(__AMX_INT8__)
const Kernels kTiled = {multiply_by_tiles, 0, Kind::tiled, nullptr, nullptr};
constexpr const Kernels* kTiledOrNone = &kTiled;
#else
constexpr const Kernels* kTiledOrNone = nullptr;
#endif

}  // namespace

extern const Kernels LITE_KERNELS;
const Kernels LITE_KERNELS = {multiply<Dot>, Dot::kOffset, Kind::any,
                              std::is_same_v<Dot, NarrowDot> ? nullptr : &kNarrow, kTiledOrNone};

}  // namespace lite::qgemm
