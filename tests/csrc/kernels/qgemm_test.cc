// SPDX-License-Identifier: Apache-2.0
// The GEMM of bytes of every usable ISA against an exact loop, bit for bit, for sizes around its
// tiles.
#include "kernels/qgemm/qgemm.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/isa.h"
#include "base/requant.h"
#include "check.h"
#include "cuts.h"
#include "guarded.h"

namespace {

using guarded::Array;
using guarded::Bytes;
using lite::qgemm::kPanel;
using lite::qgemm::kQuad;

enum class Filling { random, lowest, highest, opposite };

// How far from 0 weights are.
struct Limits {
  int lowest, highest;
};
constexpr Limits kBytes = {-128, 127};
constexpr Limits kNarrow = {-lite::kGreatestNarrowWeight, lite::kGreatestNarrowWeight};

struct Case {
  int64_t m, n, taps, k, c_stride;
  bool residual;
  int turn;
  Filling filling = Filling::random;
  Limits weights = kBytes;

  int64_t quads() const { return (k + kQuad - 1) / kQuad; }
  int64_t panel_bytes() const { return lite::qgemm::panel_bytes(taps, k); }
  int64_t panels() const { return (n + kPanel - 1) / kPanel; }
};

constexpr int8_t kUntouched = 77;

struct alignas(64) Line {
  std::byte bytes[64];
};

lite::Requantization requantization(int turn) {
  lite::Requantization to;
  to.x_zero = turn % 5 - 2;
  to.y_zero = turn % 4 == 0 ? -128 : turn % 4 == 1 ? 127 : turn % 11 - 5;
  to.lo = turn % 3 == 0 ? -128 : -31;
  to.hi = turn % 3 == 1 ? 127 : 90;
  to.residual_scale = turn % 2 == 0 ? 0.37f : -1.5f;
  to.residual_zero = turn % 7 * 9 - 27;
  return to;
}

// Everything a case reads and writes, each buffer right before a forbidden page.
class Operands {
 public:
  Operands(const Case& c, guarded::Random& random)
      : case_(c),
        a(c.taps * c.m * c.k),
        b(c.panels() * c.panel_bytes()),
        padding(c.k),
        bias(c.n),
        folded(c.n),
        scale(c.n),
        residual((c.m - 1) * c.c_stride + c.n),
        c((c.m - 1) * c.c_stride + c.n) {
    to = requantization(c.turn);
    to.twice = !c.residual && c.turn % 5 == 2;
    fill(random);
    for (int64_t tap = 0; tap < case_.taps; ++tap)
      for (int64_t row = 0; row < case_.m; ++row)
        rows.push_back(is_padding(tap, row) ? padding.data()
                                            : a.data() + (tap * case_.m + row) * case_.k);
  }

  // The first tap is padding for the first rows, the last tap for all.
  bool is_padding(int64_t tap, int64_t row) const {
    return case_.taps > 1 && ((tap == 0 && row < case_.m / 2) || tap == case_.taps - 1);
  }

  lite::qgemm::Block block(int32_t offset) {
    for (int64_t j = 0; j < case_.n; ++j)
      folded[j] = static_cast<int32_t>(static_cast<uint32_t>(bias[j]) -
                                       static_cast<uint32_t>(to.x_zero + offset) * column_sum(j));
    lite::qgemm::Block block;
    block.m = case_.m;
    block.n = case_.n;
    block.taps = case_.taps;
    block.k = case_.k;
    block.rows = rows.data();
    block.row_stride = case_.m;
    block.b = b.data();
    block.panel_stride = case_.panel_bytes();
    block.bias = folded.data();
    block.scale = scale.data();
    block.requantization = to;
    block.residual = case_.residual ? residual.data() : nullptr;
    block.residual_stride = case_.c_stride;
    block.c = c.data();
    block.c_stride = case_.c_stride;
    block.sums = std::min(known_sums(), static_cast<lite::Sums>(2 - case_.turn % 3 % 2));
    return block;
  }

  int8_t expected(int64_t row, int64_t column) const {
    uint32_t sum = static_cast<uint32_t>(bias[column]);
    for (int64_t tap = 0; tap < case_.taps; ++tap)
      for (int64_t k = 0; k < case_.k; ++k) {
        const int8_t* x = rows[static_cast<size_t>(tap * case_.m + row)];
        sum += static_cast<uint32_t>((x[k] - to.x_zero) * weight(tap, k, column));
      }
    float steps = static_cast<float>(static_cast<int32_t>(sum)) * scale[column];
    if (case_.residual) {
      const int32_t added = residual[row * case_.c_stride + column] - to.residual_zero;
      const float more = static_cast<float>(added) * to.residual_scale;
      steps = steps + more;
    }
    if (to.twice) steps = lite::rounded_before(steps, scale[column]);
    const float lo = static_cast<float>(to.lo - to.y_zero);
    const float hi = static_cast<float>(to.hi - to.y_zero);
    return static_cast<int8_t>(std::nearbyint(std::min(std::max(steps, lo), hi)) +
                               static_cast<float>(to.y_zero));
  }

 private:
  void fill(guarded::Random& random) {
    const auto number = [&](Limits limits, bool low) {
      const int extreme = low ? limits.lowest : limits.highest;
      const bool any = case_.filling == Filling::random;
      return static_cast<int8_t>(any ? random.integer(limits.lowest, limits.highest) : extreme);
    };
    const bool low = case_.filling == Filling::lowest;
    for (int64_t i = 0; i < a.size(); ++i) a[i] = number(kBytes, low);
    for (int64_t i = 0; i < b.size(); ++i) {  // what fills up quads and columns stays 0
      const int64_t k = i / (kPanel * kQuad) % case_.quads() * kQuad + i % kQuad;
      const int64_t column = i / case_.panel_bytes() * kPanel + i / kQuad % kPanel;
      b[i] = k < case_.k && column < case_.n
                 ? number(case_.weights, case_.filling != Filling::highest)
                 : int8_t{0};
    }
    for (int64_t i = 0; i < case_.k; ++i) padding[i] = static_cast<int8_t>(to.x_zero);
    const float typical =
        60.0f / (74.0f * 74.0f * std::sqrt(static_cast<float>(case_.taps * case_.k + 1)));
    for (int64_t j = 0; j < case_.n; ++j) {
      bias[j] = random.integer(-20000, 20000);
      scale[j] = case_.turn % 4 == 3 ? std::exp2(std::floor(std::log2(typical)))  // many are ties
                                     : typical * (1.0f + 0.5f * random.next());
    }
    for (int64_t i = 0; i < residual.size(); ++i) {
      residual[i] = static_cast<int8_t>(random.integer(-128, 127));
      c[i] = kUntouched;
    }
  }

  lite::Sums known_sums() const {
    lite::Sums known = lite::Sums::small;
    const float added = case_.residual ? 255.0f * std::abs(to.residual_scale) : 0.0f;
    for (int64_t j = 0; j < case_.n; ++j) {
      int64_t greatest = std::abs(int64_t{folded[j]});
      for (int64_t tap = 0; tap < case_.taps; ++tap)
        for (int64_t k = 0; k < case_.k; ++k)
          greatest += 128 * std::abs(int64_t{weight(tap, k, j)});
      const float steps = static_cast<float>(greatest) * scale[j] + added;
      if (steps > lite::kGreatestSmallSteps) return lite::Sums::any;
      if (greatest > lite::kGreatestSmallSum) known = lite::Sums::small_steps;
    }
    return known;
  }

  int8_t weight(int64_t tap, int64_t k, int64_t column) const {
    return b[column / kPanel * case_.panel_bytes() +
             (tap * case_.quads() + k / kQuad) * kPanel * kQuad + column % kPanel * kQuad +
             k % kQuad];
  }

  uint32_t column_sum(int64_t column) const {
    uint32_t sum = 0;
    for (int64_t tap = 0; tap < case_.taps; ++tap)
      for (int64_t k = 0; k < case_.k; ++k) sum += static_cast<uint32_t>(weight(tap, k, column));
    return sum;
  }

  Case case_;

 public:
  lite::Requantization to;
  Bytes a, b, padding;
  Array<int32_t> bias, folded;
  Array<float> scale;
  Bytes residual, c;
  std::vector<const int8_t*> rows;
};

void check_kernels(const lite::qgemm::Kernels& kernels, lite::Isa isa, const Case& c,
                   guarded::Random& random) {
  Operands operands(c, random);
  const int64_t lines = (lite::qgemm::scratch_bytes(kernels, {c.m, c.taps, c.k}) + 63) / 64;
  Array<Line> scratch(lines);
  lite::qgemm::Block block = operands.block(kernels.offset);
  block.scratch = reinterpret_cast<std::byte*>(scratch.data());
  kernels.multiply(block);
  for (int64_t i = 0; i < operands.c.size(); ++i) {
    const int64_t row = i / c.c_stride, column = i % c.c_stride;
    const int8_t expected = column < c.n ? operands.expected(row, column) : kUntouched;
    CHECK(operands.c[i] == expected);
    if (operands.c[i] != expected) {
      std::fprintf(stderr, "  %s m %d n %d taps %d k %d row %d column %d: %d, not %d\n",
                   lite::isa_name(isa), static_cast<int>(c.m), static_cast<int>(c.n),
                   static_cast<int>(c.taps), static_cast<int>(c.k), static_cast<int>(row),
                   static_cast<int>(column), operands.c[i], expected);
      return;
    }
  }
}

// Kernels for narrow weights and those that multiply tiles, where there are some, have turns of
// their own.
void check(lite::Isa isa, Case c, guarded::Random& random) {
  const auto& kernels = lite::qgemm::kernels(isa);
  check_kernels(kernels, isa, c, random);
  if (kernels.tiled != nullptr) {
    Case fitting = c;
    fitting.weights.lowest = std::max(fitting.weights.lowest, -kernels.tiled->greatest_weight);
    check_kernels(*kernels.tiled, isa, fitting, random);
  }
  if (kernels.narrow == nullptr) return;
  c.weights = kNarrow;
  check_kernels(*kernels.narrow, isa, c, random);
}

void check_sizes(lite::Isa isa) {
  guarded::Random random;
  int turn = 0;
  for (int64_t m : {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 16, 17, 25})
    for (int64_t n :
         {1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 40, 47, 48, 49, 63, 64, 65, 80, 97, 112})
      for (int64_t k : {1, 2, 3, 4, 5, 7, 9, 16, 27}) {
        ++turn;
        const int64_t taps = turn % 5 == 0 ? 3 : turn % 7 == 0 ? 2 : 1;
        check(isa, {m, n, taps, k, n + turn % 3, turn % 3 == 0, turn}, random);
      }
  check(isa, {17, 40, 2, 0, 40, true, 1}, random);
  check(isa, {40, 100, 1, 1203, 100, true, 2}, random);
}

// Sizes around tiles of 16 rows, 64 bytes deep, two by two of them, in groups of equal height.
void check_tiles(lite::Isa isa) {
  guarded::Random random;
  int turn = 0;
  for (int64_t m : {15, 16, 31, 32, 33, 49, 65, 100})
    for (int64_t n : {16, 32, 33, 70})
      for (int64_t k : {36, 60, 63, 64, 65, 68, 116, 128, 131, 192, 260}) {
        ++turn;
        check(isa, {m, n, turn % 3 + 1, k, n + turn % 2, turn % 3 == 0, turn}, random);
      }
}

// Where products or pairs of them saturate, if an instruction does.
void check_extremes(lite::Isa isa) {
  guarded::Random random;
  for (Filling filling : {Filling::lowest, Filling::highest, Filling::opposite})
    for (int64_t k : {4, 6, 515})
      check(isa, {13, 70, 1, k, 70, false, static_cast<int>(k) * 3, filling}, random);
}

// A case whose rows are windows of an image, in runs with gaps between them, equals one of rows
// that lie anywhere.
void check_runs_of(const lite::qgemm::Kernels& kernels, const Case& c, int64_t length,
                   guarded::Random& random) {
  Operands operands(c, random);
  lite::qgemm::Block block = operands.block(kernels.offset);
  lite::qgemm::Runs& runs = block.runs;
  runs.length = length;
  runs.step = c.k + 4;
  runs.run_step = length * runs.step + 8;
  runs.row_taps = 2;
  runs.tap_step = 12;
  runs.tap_row_step = runs.run_step;
  const int64_t last = c.m - 1, last_tap = c.taps - 1;
  const auto place = [&](int64_t tap, int64_t row) {
    return row / length * runs.run_step + row % length * runs.step + tap / 2 * runs.tap_row_step +
           tap % 2 * runs.tap_step;
  };
  Bytes image(place(last_tap, last) + runs.tap_step + c.k);
  for (int64_t i = 0; i < image.size(); ++i)
    image[i] = static_cast<int8_t>(random.integer(kBytes.lowest, kBytes.highest));
  runs.a = image.data();
  for (int64_t tap = 0; tap < c.taps; ++tap)
    for (int64_t row = 0; row < c.m; ++row)
      operands.rows[static_cast<size_t>(tap * c.m + row)] = image.data() + place(tap, row);
  Array<Line> scratch((lite::qgemm::scratch_bytes(kernels, {c.m, c.taps, c.k}) + 63) / 64);
  block.scratch = reinterpret_cast<std::byte*>(scratch.data());
  kernels.multiply(block);
  for (int64_t i = 0; i < operands.c.size(); ++i) {
    const int64_t row = i / c.c_stride, column = i % c.c_stride;
    CHECK(operands.c[i] == (column < c.n ? operands.expected(row, column) : kUntouched));
  }
}

void check_runs(lite::Isa isa) {
  const lite::qgemm::Kernels* kernels = lite::qgemm::kernels(isa).tiled;
  if (kernels == nullptr || !kernels->takes_runs) return;
  guarded::Random random;
  int turn = 0;
  for (int64_t length : {1, 7, 14, 17, 28, 33, 56})
    for (int64_t count : {1, 2, 3})
      for (int64_t k : {4, 24, 64, 96, 128}) {
        CHECK(lite::qgemm::takes_runs(*kernels, k));
        ++turn;
        const int64_t n = 16 * (turn % 6) + 1 + turn % 16;
        const Case c = {length * count, n, turn % 4 + 1, k, n + turn % 2, turn % 3 == 0, turn};
        check_runs_of(*kernels, c, length, random);
      }
  CHECK(!lite::qgemm::takes_runs(*kernels, 66));
  CHECK(!lite::qgemm::takes_runs(*kernels, 68));
}

void check_cuts(lite::Isa isa) {
  guarded::Random random;
  const Case c = {23, 90, 2, 33, 90, true, 4};
  Operands whole(c, random);
  const auto& kernels = lite::qgemm::kernels(isa);
  cuts::check(
      whole.c, {1, 7, 12}, [&] { return whole.block(kernels.offset); }, kernels.multiply,
      [](lite::qgemm::Block& block, int64_t left) { block.scale += left; });
}

}  // namespace

int main() {
  for (lite::Isa isa : lite::usable_isas()) {
    check_sizes(isa);
    check_tiles(isa);
    check_extremes(isa);
    check_cuts(isa);
    check_runs(isa);
  }
  return check_result();
}
