// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/gemm/lane_tiles.h"

namespace lite::gemm {
namespace {

// Of the last vector of 16 lanes only the lower half is computed where no more columns exist: that
// takes half the time where such vectors are computed in two halves.
template <class B>
constexpr bool kHalves = kWidth == 16 && std::is_same<B, float>::value;

// sums += value * columns; of the last vector the lower half only, if so wanted.
template <bool kHalf, int kVectors, class S = Simd>
LITE_INLINE void add_products(Simd::f32 value, const Simd::f32 (&columns)[kVectors],
                              Simd::f32 (&sums)[kVectors]) {
  constexpr int kLast = kVectors - 1;
  LITE_UNROLL
  for (int j = 0; j < kLast; ++j) sums[j] = S::fma(value, columns[j], sums[j]);
  if constexpr (kHalf) {
    sums[kLast] = S::fma_low(value, columns[kLast], sums[kLast]);
  } else {
    sums[kLast] = S::fma(value, columns[kLast], sums[kLast]);
  }
}

// Tiles that fetch. Others of one vector are bound by their loads, and are mostly the last.
template <class B, int kRows, int kVectors>
constexpr bool kFetches = !kScaled<B> && (kVectors > 1 || kRows <= 2);

LITE_INLINE Simd::f32 load_b(const float* b, Simd::f32) { return Simd::load(b); }
template <class B>
LITE_INLINE Simd::f32 load_b(const B* b, Simd::f32 scales) {
  return Simd::mul(Simd::load_as_f32(b), scales);
}

// Where the rows of a tile lie, at one tap. False if all of them are zeros.
template <int kRows>
LITE_INLINE bool point_at_rows(const Block& block, int64_t row, int64_t tap,
                               const float* (&a)[kRows]) {
  if (block.rows == nullptr) {
    const float* next = block.a + tap * block.tap_stride + row * block.a_stride;
    LITE_UNROLL
    for (int i = 0; i < kRows; ++i, next += block.a_stride) a[i] = next;
    return true;
  }
  const float* const* table = block.rows + tap * block.row_stride + row;
  LITE_UNROLL
  for (int i = 0; i < kRows; ++i) a[i] = table[i];
  return !all_zeros(a, block.zeros);
}

// Where what tiles fetch shall be: their own next stripe in the first cache, too.
enum class Fetched { first, second };

template <class B, int kRows, int kVectors, bool kHalf, Fetched kFetched>
LITE_INLINE void accumulate(const Block& block, const Stripe<B>& stripe, int64_t row, int64_t tile,
                            Simd::f32 (&sums)[kRows][kVectors]) {
  const int64_t depth = block.k, panel_stride = block.panel_stride;
  const int64_t ahead_step = stripe.ahead_step;
  const std::byte* ahead = stripe.ahead + tile * block.taps * depth * ahead_step;
  const B* b = stripe.b;
  Simd::f32 scales[kVectors];
  LITE_UNROLL
  for (int j = 0; j < kVectors; ++j)
    scales[j] = kScaled<B> ? Simd::load(stripe.scales + j * kWidth) : Simd::broadcast(1.0f);
  for (int64_t tap = 0; tap < block.taps; ++tap) {
    const float* a[kRows];
    if (!point_at_rows(block, row, tap, a)) {
      b += depth * kPanel;
      ahead += depth * ahead_step;
      continue;
    }
    for (int64_t k = 0; k < depth; ++k, b += kPanel) {
      if constexpr (kFetches<B, kRows, kVectors>) {
        __builtin_prefetch(ahead, 0, kFetched == Fetched::first ? 3 : 2);
        ahead += ahead_step;
      }
      Simd::f32 columns[kVectors];
      LITE_UNROLL
      for (int j = 0; j < kVectors; ++j)
        columns[j] =
            load_b(b + j * kWidth / kPanel * panel_stride + j * kWidth % kPanel, scales[j]);
      LITE_UNROLL
      for (int i = 0; i < kRows; ++i)
        add_products<kHalf>(Simd::broadcast(a[i][k]), columns, sums[i]);
    }
  }
}

// Only the last vector of a stripe may have fewer columns than lanes.
template <bool kWhole, bool kAdds, class B, int kRows, int kVectors>
LITE_INLINE void store_tile(const Block& block, const Stripe<B>& stripe, int64_t row,
                            Simd::f32 (&sums)[kRows][kVectors]) {
  const Simd::f32 lo = Simd::broadcast(block.activation.lo);
  const Simd::f32 hi = Simd::broadcast(block.activation.hi);
  const bool bounded = block.activation.hi < __builtin_inff();
  const int last = stripe.last;
  const float* residual = kAdds ? stripe.residual + row * block.residual_stride : nullptr;
  float* c = stripe.c + row * block.c_stride;
  LITE_UNROLL
  for (int i = 0; i < kRows; ++i, c += block.c_stride) {
    LITE_UNROLL
    for (int j = 0; j < kVectors; ++j) {
      const bool whole = kWhole || j + 1 < kVectors;
      Simd::f32 y = sums[i][j];
      if (kAdds) {
        const float* source = residual + j * kWidth;
        y = Simd::add(y, whole ? Simd::load(source) : Simd::load_partial(source, last));
      }
      y = Simd::max(lo, y);
      if (bounded) y = Simd::min(hi, y);
      if (whole) {
        Simd::store(c + j * kWidth, y);
      } else {
        Simd::store_partial(c + j * kWidth, y, last);
      }
    }
    if (kAdds) residual += block.residual_stride;
  }
}

template <class B, int kRows, int kVectors>
LITE_INLINE void finish(const Block& block, const Stripe<B>& stripe, int64_t row,
                        Simd::f32 (&sums)[kRows][kVectors]) {
  const bool adds = stripe.residual != nullptr;
  if (stripe.last == kWidth)
    return adds ? store_tile<true, true>(block, stripe, row, sums)
                : store_tile<true, false>(block, stripe, row, sums);
  adds ? store_tile<false, true>(block, stripe, row, sums)
       : store_tile<false, false>(block, stripe, row, sums);
}

// `tiles` tiles of kRows rows, from a row of the block on; `tile` are done.
template <class B, int kRows, int kVectors, bool kHalf, Fetched kFetched = Fetched::first>
__attribute__((noinline)) void run_tiles(const Block& block, const Stripe<B>& stripe, int64_t row,
                                         int64_t tile, int64_t tiles) {
  for (; tiles > 0; --tiles, ++tile, row += kRows) {
    forget();
    Simd::f32 sums[kRows][kVectors];
    LITE_UNROLL
    for (int j = 0; j < kVectors; ++j) sums[0][j] = Simd::load(stripe.bias + j * kWidth);
    LITE_UNROLL
    for (int i = 1; i < kRows; ++i) LITE_UNROLL
    for (int j = 0; j < kVectors; ++j) sums[i][j] = sums[0][j];
    accumulate<B, kRows, kVectors, kHalf, kFetched>(block, stripe, row, tile, sums);
    forget();
    finish(block, stripe, row, sums);
    if (block.activation.kind != ActivationKind::bounds)
      activate_tile(block, stripe.c + row * block.c_stride, kRows, stripe.columns);
  }
}

// Tiles of many rows at equal distances, for few columns: few pointers lead to all rows.
constexpr int kTallRows = 14;
constexpr int kTallVectors = kWidth == 16 ? 2 : 0;  // of NEON's 32 registers they need more
constexpr int kRowsPerPointer = 3;
constexpr int64_t kWayBytes = 4096;  // rows at its multiples would evict one another from L1

inline bool fits_tall(const Block& block, int vectors) {
  return vectors <= kTallVectors && block.rows == nullptr && block.m >= kTallRows &&
         block.a_stride * static_cast<int64_t>(sizeof(float)) % kWayBytes != 0;
}

// From the last element of a row of a tap to the first of the next tap's, otherwise by one.
class Walk {
 public:
  explicit Walk(const Block& block)
      : depth_(block.k), left_(block.k), next_tap_(block.tap_stride - block.k + 1) {}
  LITE_INLINE int64_t step() {
    const bool last = --left_ == 0;
    left_ = last ? depth_ : left_;
    return last ? next_tap_ : 1;
  }

 private:
  int64_t depth_, left_, next_tap_;
};

template <int kVectors, bool kHalf>
__attribute__((noinline)) void run_tall_tile(const Block& block, const Stripe<float>& stripe,
                                             int64_t row) {
  constexpr int kPointers = (kTallRows + kRowsPerPointer - 1) / kRowsPerPointer;
  Simd::f32 sums[kTallRows][kVectors];
  LITE_UNROLL
  for (int i = 0; i < kTallRows; ++i) LITE_UNROLL
  for (int j = 0; j < kVectors; ++j) sums[i][j] = Simd::load(stripe.bias + j * kWidth);
  const float* a[kPointers];
  const float* next = block.a + row * block.a_stride;
  LITE_UNROLL
  for (int i = 0; i < kPointers; ++i, next += kRowsPerPointer * block.a_stride) a[i] = next;
  const float* b = stripe.b;
  Walk walk(block);
  for (int64_t k = block.taps * block.k; k > 0; --k, b += kPanel) {
    int64_t stride = block.a_stride;
    asm volatile("" : "+r"(stride));  // else there would be a pointer to each row
    Simd::f32 columns[kVectors];
    LITE_UNROLL
    for (int j = 0; j < kVectors; ++j)
      columns[j] = Simd::load(b + j * kWidth / kPanel * block.panel_stride + j * kWidth % kPanel);
    LITE_UNROLL
    for (int i = 0; i < kTallRows; ++i) {
      const Simd::f32 value = Simd::broadcast(a[i / kRowsPerPointer][i % kRowsPerPointer * stride]);
      add_products<kHalf>(value, columns, sums[i]);
    }
    const int64_t step = walk.step();
    LITE_UNROLL
    for (int i = 0; i < kPointers; ++i) a[i] += step;
  }
  forget();
  finish(block, stripe, row, sums);
}

// Whole tiles only.
template <int kVectors, bool kHalf>
void run_tall(const Block& block, const Stripe<float>& stripe) {
  for (int64_t row = 0; row + kTallRows <= block.m; row += kTallRows) {
    run_tall_tile<kVectors, kHalf>(block, stripe, row);
    if (block.activation.kind != ActivationKind::bounds)
      activate_tile(block, stripe.c + row * block.c_stride, kTallRows, stripe.columns);
  }
}

template <class B>
using Run = void (*)(const Block& block, const Stripe<B>& stripe, int64_t row, int64_t tile,
                     int64_t tiles);

template <class B, int kRows, int kVectors, bool kHalf>
constexpr Run<B> run_of() {
  if constexpr (kVectors > kMaxVectors || kRows > max_rows<B>(kVectors)) {
    return nullptr;
  } else if constexpr (kByLanes<B>) {
    return run_lane_tiles<kRows, kVectors>;
  } else {
    return run_tiles<B, kRows, kVectors, kHalf>;
  }
}

// Of stripes with whole vectors in plain blocks.
template <class B, int kRows, int kVectors, bool kHalf>
constexpr Run<B> plain_run_of() {
  if constexpr (kByLanes<B> && run_of<B, kRows, kVectors, kHalf>() != nullptr)
    return run_plain_tiles<kRows, kVectors>;
  return nullptr;
}

#define LITE_RUNS(run, vectors) \
  {nullptr,                     \
   run<B, 1, vectors, kHalf>(), \
   run<B, 2, vectors, kHalf>(), \
   run<B, 3, vectors, kHalf>(), \
   run<B, 4, vectors, kHalf>(), \
   run<B, 5, vectors, kHalf>(), \
   run<B, 6, vectors, kHalf>(), \
   run<B, 7, vectors, kHalf>(), \
   run<B, 8, vectors, kHalf>()}
#define LITE_ALL_RUNS(run)                                                                 \
  {{}, LITE_RUNS(run, 1), LITE_RUNS(run, 2), LITE_RUNS(run, 3), LITE_RUNS(run, 4), {}, {}, \
   {}, LITE_RUNS(run, 8)}
template <class B, bool kHalf>
constexpr Run<B> kRuns[][kMaxRows + 1] = LITE_ALL_RUNS(run_of);
template <class B, bool kHalf>
constexpr Run<B> kPlainRuns[][kMaxRows + 1] = LITE_ALL_RUNS(plain_run_of);
#undef LITE_ALL_RUNS
#undef LITE_RUNS

// Whether tiles may fetch for others; those by lanes have no time for it.
constexpr bool kLeavesRoom = !kByLanes<float>;

// Those that fetch for others, of the vectors that most stripes have.
constexpr int kLaterVectors = kWidth == 16 ? 3 : 2;
template <int kRows>
constexpr Run<float> later_run() {
  if constexpr (!kLeavesRoom || kRows > max_rows<float>(kLaterVectors)) {
    return nullptr;
  } else {
    return run_tiles<float, kRows, kLaterVectors, false, Fetched::second>;
  }
}
constexpr Run<float> kLaterRuns[kMaxRows + 1] = {nullptr,        later_run<1>(), later_run<2>(),
                                                 later_run<3>(), later_run<4>(), later_run<5>(),
                                                 later_run<6>(), later_run<7>(), later_run<8>()};

// Columns that are left for tiles of few accumulators, if most have three or four vectors.
constexpr bool wasteful(int64_t vectors) { return vectors == 1 || vectors == 2 || vectors == 5; }

// Vectors of the next stripe: as many accumulators as the rows allow, and a rest that allows the
// same.
template <class B>
int choose_vectors(int64_t m, int64_t column, int64_t remaining) {
  if constexpr (kByLanes<B>) return choose_lane_vectors(m, remaining);
  int best = 1;
  int64_t most = 0;
  for (int vectors = 1; vectors <= kMaxVectors && vectors <= remaining; ++vectors) {
    const int rows = max_rows<B>(vectors);
    if (rows == 0 || column % (vectors * kWidth < kPanel ? vectors * kWidth : kPanel) != 0)
      continue;
    const int64_t sums = (m < rows ? m : rows) * vectors;
    if (sums < most || (sums == most && wasteful(remaining - vectors))) continue;
    best = vectors;
    most = sums;
  }
  return best;
}

constexpr int64_t kAheadBytes = 1024;
constexpr int64_t kLine = 64;  // bytes that are fetched at once

// How the rows of stripes of so many vectors are cut: tall tiles, then tiles of nearly equal
// height, so that none is left with a few rows only; one more tile makes all of them equal
// sometimes.
template <class B>
struct Cut {
  using Count = std::conditional_t<kByLanes<B>, uint32_t, int64_t>;  // the shorter divide faster
  static constexpr Count kLeastRows = 4;                             // of equal tiles
  Count tall;                                                        // rows
  Count tiles, rows, higher;  // the first `higher` tiles have a row more than the others
  Count panels, ahead_step;   // of a stripe; what a tile fetches for each row of B
  bool plain;                 // as kPlainRuns have it, but for missing columns

  Cut(const Block& block, int vectors)
      : tall(kTallVectors > 0 && !kScaled<B> && fits_tall(block, vectors)
                 ? static_cast<Count>(block.m) / kTallRows * kTallRows
                 : 0),
        rows(0),
        higher(0),
        panels(static_cast<Count>(vectors * kWidth + kPanel - 1) / kPanel),
        ahead_step(0),
        plain(kByLanes<B> && is_plain(block)) {
    const Count left = static_cast<Count>(block.m) - tall;
    const Count highest = static_cast<Count>(max_rows<B>(vectors));
    tiles = (left + highest - 1) / highest;
    if (tiles == 0) return;
    rows = left / tiles;
    higher = left - rows * tiles;
    if (kByLanes<B> && higher > 0 && left >= kLeastRows * (tiles + 1) && left % (tiles + 1) == 0) {
      rows = left / ++tiles;
      higher = 0;
    }
    ahead_step = panels * static_cast<Count>(kPanel * sizeof(B)) / tiles;
  }
};

// Tiles [begin, end); what they fetch follows on from tile to tile, from the first that is run.
template <class B>
void run_tiles_of(const Block& block, const Stripe<B>& stripe, const Run<B>* runs,
                  const Cut<B>& cut, int64_t begin, int64_t end) {
  const int64_t row = int64_t{cut.tall} + begin * cut.rows;
  if (begin >= cut.higher) return runs[cut.rows](block, stripe, row + cut.higher, 0, end - begin);
  const int64_t higher = (end < cut.higher ? end : cut.higher) - begin;
  runs[cut.rows + 1](block, stripe, row + begin, 0, higher);
  if (end > cut.higher)
    runs[cut.rows](block, stripe, row + cut.higher + higher * cut.rows, higher, end - cut.higher);
}

// What a block fetches for steps behind it, tile by tile.
class Later {
 public:
  explicit Later(const Block& block) : next_(block.later), end_(next_ + block.later_count) {}
  [[nodiscard]] bool empty() const { return next_ == end_; }
  // Lets a tile of so many rows of B fetch the next bytes.
  template <class B>
  void give(int64_t depth, Stripe<B>& stripe) {
    const int64_t left = next_->bytes - done_;
    const int64_t bytes = left < depth * kLine ? left : depth * kLine;
    stripe.ahead = next_->data + done_;
    stripe.ahead_step = (bytes + depth - 1) / depth;
    done_ += bytes;
    if (bytes < left) return;
    ++next_;
    done_ = 0;
  }

 private:
  const Fetch* next_;
  const Fetch* end_;
  int64_t done_ = 0;
};

// The tiles fetch the next stripe together, whose panels lie one behind the other; a tile that has
// none beside it fetches its own. Where steps behind this one want something, too, each panel is
// left to a tile, and the other tiles fetch for them.
template <class B, bool kHalf>
void run_stripe(const Block& block, const B* next, const Cut<B>& cut, int vectors,
                Stripe<B>& stripe, Later& later) {
  constexpr int64_t kRowBytes = kPanel * sizeof(B);
  if constexpr (kTallVectors > 0 && !kScaled<B>)
    if (cut.tall > 0)
      vectors == 1 ? run_tall<1, kHalf>(block, stripe) : run_tall<2, kHalf>(block, stripe);
  if (cut.tiles == 0) return;
  stripe.ahead = reinterpret_cast<const std::byte*>(next);
  stripe.ahead_step = cut.ahead_step;
  if (cut.tiles == 1 && cut.tall == 0) {
    stripe.ahead = reinterpret_cast<const std::byte*>(stripe.b) + kAheadBytes;
    stripe.ahead_step = kRowBytes;
  }
  const bool plain = cut.plain && stripe.last == kWidth;
  const Run<B>* runs = plain ? kPlainRuns<B, kHalf>[vectors] : kRuns<B, kHalf>[vectors];
  int64_t tile = 0;
  if constexpr (kLeavesRoom && !kHalf && !kScaled<B>)
    if (vectors == kLaterVectors && cut.tiles > cut.panels && !later.empty()) {
      stripe.ahead_step = kRowBytes;
      tile = cut.panels;
      run_tiles_of(block, stripe, runs, cut, 0, tile);
      for (; tile < cut.tiles && !later.empty(); ++tile) {
        later.give(block.taps * block.k, stripe);
        run_tiles_of<B>(block, stripe, kLaterRuns, cut, tile, tile + 1);
      }
    }
  if (tile < cut.tiles) run_tiles_of(block, stripe, runs, cut, tile, cut.tiles);
}

// Copies the biases of a stripe's columns; zeros stand for those that are missing.
template <class B>
void fill_bias(const Block& block, int64_t column, int vectors, Stripe<B>& stripe) {
  if (kByLanes<B> && stripe.last == kWidth) {
    for (int j = 0; j < vectors * kWidth; j += kWidth)
      Simd::store(stripe.bias + j,
                  block.bias ? Simd::load(block.bias + column + j) : Simd::broadcast(0.0f));
    return;
  }
  for (int j = 0; j < vectors * kWidth; ++j)
    stripe.bias[j] = block.bias && j < stripe.columns ? block.bias[column + j] : 0.0f;
}

template <class B>
void run(const Block& block, const B* weights, const B* end, const float* scales) {
  if (block.m <= 0) return;
  const int64_t total = (block.n + kWidth - 1) / kWidth;
  if (end == nullptr) end = weights + (block.n + kPanel - 1) / kPanel * block.panel_stride;
  int vectors = choose_vectors<B>(block.m, 0, total);
  Cut<B> cut(block, vectors);
  Later later(block);
  for (int64_t vector = 0; vector < total;) {
    const int64_t column = vector * kWidth;
    const int chosen = choose_vectors<B>(block.m, column, total - vector);
    if (chosen != vectors) cut = Cut<B>(block, vectors = chosen);
    Stripe<B> stripe;
    stripe.b = weights + column / kPanel * block.panel_stride + column % kPanel;
    stripe.scales = scales ? scales + column : nullptr;
    stripe.residual = block.residual ? block.residual + column : nullptr;
    stripe.c = block.c + column;
    stripe.columns = block.n - column < vectors * kWidth ? block.n - column : vectors * kWidth;
    stripe.last = static_cast<int>(stripe.columns - (vectors - 1) * kWidth);
    fill_bias(block, column, vectors, stripe);
    const B* next = weights + (column + vectors * kWidth) / kPanel * block.panel_stride;
    const B* read_next = next < end ? next : stripe.b;
    if (kHalves<B> && stripe.last <= kWidth / 2)
      run_stripe<B, kHalves<B>>(block, read_next, cut, vectors, stripe, later);
    else
      run_stripe<B, false>(block, read_next, cut, vectors, stripe, later);
    vector += vectors;
  }
}

void multiply(const Block& block) { run<float>(block, block.b, block.b_end, nullptr); }

constexpr int64_t kLeastDepth = 256;  // short tiles wait for what they read and write themselves

// Of whole stripes: as run_stripe cuts them.
int64_t room_to_fetch(int64_t m, int64_t n, int64_t depth) {
  const int64_t total = n / kWidth;
  if (!kLeavesRoom || m <= 0 || total == 0 || depth < kLeastDepth) return 0;
  const int vectors = choose_vectors<float>(m, 0, total);
  if (vectors != kLaterVectors) return 0;
  const int64_t highest = max_rows<float>(vectors);
  const int64_t spare = (m + highest - 1) / highest - (vectors * kWidth + kPanel - 1) / kPanel;
  return spare <= 0 ? 0 : total / vectors * spare * depth * kLine;
}

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
const Kernels LITE_KERNELS = {multiply,      multiply_scaled<int8_t>, multiply_scaled<int16_t>,
                              room_to_fetch, expand<int8_t>,          expand<int16_t>,
                              pack_panel};

}  // namespace lite::gemm
