// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>

#include "kernels/qgemm/small_sums.h"
#include "kernels/qgemm/stripe.h"
#include "simd/requantize.h"

namespace lite::qgemm {
namespace {

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
  const bool groups = D::kInputQuads > 1;  // of inputs: those of all rows, but two weights only
  const int others =
      groups ? 2 * D::kWeightsRegisters : vectors * D::kWeightsRegisters + D::kInputsRegisters;
  const int rows = (Simd::kRegisters - others - D::kPreparationRegisters) /
                   (vectors * D::kSumsRegisters + (groups ? D::kInputsRegisters : 0));
  return rows < kMaxRows ? rows : kMaxRows;
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

// One row that waits to outputs, if its scales are small, it has no residual, is rounded once and
// all columns exist.
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

// The products of the quads of a group from kPlace on.
template <class D, int kPlace, int kRows, int kVectors>
LITE_INLINE void add_group(const typename D::InputGroup (&inputs)[kRows], const int8_t* b,
                           int64_t panel_stride, typename D::Sums (&sums)[kRows][kVectors]) {
  LITE_UNROLL
  for (int j = 0; j < kVectors; ++j) {
    const typename D::Weights columns =
        D::weights(b + j * kWidth / kPanel * panel_stride + j * kWidth % kPanel * kQuad);
    LITE_UNROLL
    for (int i = 0; i < kRows; ++i)
      sums[i][j] = D::template add_quad<kPlace>(sums[i][j], inputs[i], columns);
  }
  if constexpr (kPlace + 1 < D::kInputQuads)
    add_group<D, kPlace + 1>(inputs, b + kStep, panel_stride, sums);
}

// As accumulate, where inputs are loaded in groups of quads; what is left over comes quad by quad.
template <class D, int kRows, int kVectors>
LITE_INLINE void accumulate_groups(const Block& block, const Stripe& stripe, int64_t row,
                                   typename D::Sums (&sums)[kRows][kVectors]) {
  constexpr int64_t kGroup = D::kInputQuads * kQuad;
  const int64_t panel_stride = block.panel_stride;
  const int64_t grouped = block.k / kGroup * kGroup, rest = block.k - grouped;
  const int8_t* const* table = block.rows + row;
  const int8_t* b = stripe.b;
  for (int64_t tap = 0; tap < block.taps; ++tap, table += block.row_stride) {
    const int8_t* a[kRows];
    LITE_UNROLL
    for (int i = 0; i < kRows; ++i) a[i] = table[i] + grouped;
    for (int64_t k = -grouped; k < 0; k += kGroup, b += D::kInputQuads * kStep) {
      typename D::InputGroup inputs[kRows];
      LITE_UNROLL
      for (int i = 0; i < kRows; ++i) inputs[i] = D::input_group(a[i] + k);
      add_group<D, 0>(inputs, b, panel_stride, sums);
    }
    for (int64_t k = 0; k < rest; k += kQuad, b += kStep) {
      typename D::Weights columns[kVectors];
      LITE_UNROLL
      for (int j = 0; j < kVectors; ++j)
        columns[j] =
            D::weights(b + j * kWidth / kPanel * panel_stride + j * kWidth % kPanel * kQuad);
      const bool whole = k + kQuad <= rest;
      LITE_UNROLL
      for (int i = 0; i < kRows; ++i) {
        const int32_t quad = whole ? quad_at(a[i] + k) : last_quad(a[i] + k, block.k);
        const typename D::Inputs inputs = D::inputs(quad, D::preparation());
        LITE_UNROLL
        for (int j = 0; j < kVectors; ++j) sums[i][j] = D::add(sums[i][j], inputs, columns[j]);
      }
    }
  }
}

// A pointer that the compiler knows nothing about: what is read through it stays in memory instead
// of taking registers from the sums.
LITE_INLINE const int32_t* opaque(const int32_t* p) {
  asm volatile("" : "+r"(p));
  return p;
}

// Where inputs come in groups, copies and loads by turns: they take different units.
template <class D, int kRows, int kVectors>
LITE_INLINE void begin_sums(const Stripe& stripe, typename D::Sums (&sums)[kRows][kVectors]) {
  constexpr int kCopied = D::kInputQuads > 1 ? 2 : kRows;
  const int32_t* bias = stripe.bias;
  LITE_UNROLL
  for (int i = 0; i < kRows; ++i) {
    if (i % kCopied == 0) bias = opaque(stripe.bias);
    LITE_UNROLL
    for (int j = 0; j < kVectors; ++j) {
      sums[i][j] = i % kCopied == 0 ? D::start(Simd::load(bias + j * kWidth)) : sums[i - 1][j];
      if constexpr (kCopied < kRows) D::settle(sums[i][j]);
    }
  }
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
    begin_sums<D>(stripe, sums);
    if constexpr (D::kInputQuads > 1) {
      accumulate_groups<D>(block, stripe, row, sums);
    } else {
      accumulate<D>(block, stripe, row, ahead, results, sums);
    }
    if constexpr (kWantsSums)
      if (stripe.sums != Sums::any) {
        Simd::s32 finished[kRows][kVectors];
        LITE_UNROLL
        for (int i = 0; i < kRows; ++i) LITE_UNROLL
        for (int j = 0; j < kVectors; ++j) finished[i][j] = D::finish(sums[i][j]);
        finish_small(block, stripe, row, finished);
        continue;
      }
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
  const bool whole = stripe.n >= vectors * kWidth, twice = block.requantization.twice;
  if constexpr (kWantsSums)
    expect_sums(block, whole && !twice ? block.sums : Sums::any, vectors, stripe);
  stripe.finish = finishes[vectors - 1](small, block.residual != nullptr);
  stripe.plain =
      small && block.residual == nullptr && !twice && whole && block.taps * block.k >= kLeastDepth;
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
#elif defined(LITE_UNITS)
#include "kernels/qgemm/units.h"
#endif

namespace lite::qgemm {
namespace {

#if defined(__AMX_INT8__)
const Kernels kTiled = {
    multiply_by_tiles, 0,  Kind::tiled, nullptr, nullptr, kWantsSums, kGreatestWeight,
    tile_scratch,      24, true};
constexpr const Kernels* kTiledOrNone = &kTiled;
#elif defined(LITE_UNITS)
const Kernels kTiled = {
    multiply_by_units, 0,  Kind::tiled, nullptr, nullptr, kWantsSums, Units::kGreatest,
    unit_scratch,      16, false};
constexpr const Kernels* kTiledOrNone = &kTiled;
#else
constexpr const Kernels* kTiledOrNone = nullptr;
#endif

template <class D>
constexpr Kernels kernels_of(Kind kind, const Kernels* narrow, const Kernels* tiled) {
  return {multiply<D>,
          D::kOffset,
          kind,
          narrow,
          tiled,
          kWantsSums,
          kind == Kind::narrow ? kGreatestNarrowWeight : kGreatestWeight,
          nullptr,
          0,
          false};
}
const Kernels kNarrow = kernels_of<NarrowDot>(Kind::narrow, nullptr, nullptr);

}  // namespace

extern const Kernels LITE_KERNELS;
const Kernels LITE_KERNELS =
    kernels_of<Dot>(Kind::any, std::is_same_v<Dot, NarrowDot> ? nullptr : &kNarrow, kTiledOrNone);

}  // namespace lite::qgemm
