// SPDX-License-Identifier: Apache-2.0
// The GEMM of every usable ISA against a loop in double, for sizes around its tiles.
#include "kernels/gemm/gemm.h"

#include <type_traits>
#include <vector>

#include "base/isa.h"
#include "check.h"
#include "cuts.h"
#include "guarded.h"
#include "meaning.h"

namespace {

using guarded::Floats;
using lite::gemm::kPanel;

struct Case {
  int64_t m, n, taps, k, c_stride;
  bool bias, residual;
  lite::Activation activation;
  bool strided = false;  // rows without a table, and without zeros among them

  int64_t panel_floats() const { return taps * k * kPanel; }
  int64_t panels() const { return (n + kPanel - 1) / kPanel; }
};

constexpr float kUntouched = 123.0f;

// Everything a case reads and writes, each buffer right before a forbidden page.
class Operands {
 public:
  Operands(const Case& c, guarded::Random& random)
      : case_(c),
        a(c.taps * c.m * c.k),
        b(c.panels() * c.panel_floats()),
        zeros(c.k),
        bias(c.n),
        residual((c.m - 1) * c.c_stride + c.n),
        c((c.m - 1) * c.c_stride + c.n) {
    for (Floats* floats : {&a, &b, &bias, &residual}) random.fill(*floats);
    for (int64_t i = 0; i < this->c.size(); ++i) this->c[i] = kUntouched;
    for (int64_t tap = 0; tap < case_.taps; ++tap)
      for (int64_t row = 0; row < case_.m; ++row)
        rows.push_back(is_zero(tap, row) ? zeros.data()
                                         : a.data() + (tap * case_.m + row) * case_.k);
  }

  // The first tap is zero for the first rows, the last tap for all.
  bool is_zero(int64_t tap, int64_t row) const {
    return case_.taps > 1 && !case_.strided &&
           ((tap == 0 && row < case_.m / 2) || tap == case_.taps - 1);
  }

  lite::gemm::Block block() {
    lite::gemm::Block block;
    block.m = case_.m;
    block.n = case_.n;
    block.taps = case_.taps;
    block.k = case_.k;
    if (case_.strided) {
      block.a = a.data();
      block.a_stride = case_.k;
      block.tap_stride = case_.m * case_.k;
    } else {
      block.rows = rows.data();
      block.row_stride = case_.m;
      block.zeros = zeros.data();
    }
    block.b = b.data();
    block.panel_stride = case_.panel_floats();
    block.bias = case_.bias ? bias.data() : nullptr;
    block.residual = case_.residual ? residual.data() : nullptr;
    block.residual_stride = case_.c_stride;
    block.c = c.data();
    block.c_stride = case_.c_stride;
    block.activation = case_.activation;
    return block;
  }

  double expected(int64_t row, int64_t column) const {
    double sum = case_.bias ? bias[column] : 0.0;
    for (int64_t tap = 0; tap < case_.taps; ++tap)
      for (int64_t k = 0; k < case_.k && !is_zero(tap, row); ++k)
        sum += static_cast<double>(a[(tap * case_.m + row) * case_.k + k]) *
               b[column / kPanel * case_.panel_floats() + (tap * case_.k + k) * kPanel +
                 column % kPanel];
    if (case_.residual) sum += residual[row * case_.c_stride + column];
    return meaning::activate(case_.activation, sum);
  }

 private:
  Case case_;

 public:
  Floats a, b, zeros, bias, residual, c;
  std::vector<const float*> rows;
};

void check(lite::Isa isa, const Case& c, guarded::Random& random) {
  Operands operands(c, random);
  lite::gemm::kernels(isa).multiply(operands.block());
  for (int64_t i = 0; i < operands.c.size(); ++i) {
    const int64_t row = i / c.c_stride, column = i % c.c_stride;
    const bool right = column < c.n ? meaning::near(operands.c[i], operands.expected(row, column),
                                                    static_cast<double>(c.taps * c.k))
                                    : operands.c[i] == kUntouched;
    CHECK(right);
    if (!right) {
      std::fprintf(stderr, "  %s m %d n %d taps %d k %d row %d column %d\n", lite::isa_name(isa),
                   static_cast<int>(c.m), static_cast<int>(c.n), static_cast<int>(c.taps),
                   static_cast<int>(c.k), static_cast<int>(row), static_cast<int>(column));
      return;
    }
  }
}

void check_sizes(lite::Isa isa) {
  guarded::Random random;
  int turn = 0;
  for (int64_t m : {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 14, 16, 17, 25, 28, 31})
    for (int64_t n :
         {1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 40, 47, 48, 49, 63, 64, 65, 80, 97, 112})
      for (int64_t k : {0, 1, 3, 8, 19}) {
        ++turn;
        const int64_t taps = turn % 5 == 0 ? 3 : turn % 7 == 0 ? 2 : 1;
        check(isa,
              {m, n, taps, k, n + turn % 3, turn % 2 == 0, turn % 3 == 0, meaning::activation(turn),
               turn % 4 < 2},
              random);
      }
  check(isa, {40, 100, 1, 300, 100, true, false, meaning::activation(0)}, random);
}

void check_cuts(lite::Isa isa) {
  guarded::Random random;
  const Case c = {23, 90, 2, 33, 90, true, true, meaning::activation(1)};
  Operands whole(c, random);
  cuts::check(
      whole.c, {1, 7, 12}, [&] { return whole.block(); }, lite::gemm::kernels(isa).multiply);
}

// What is fetched for others changes no bit, however much it is.
void check_fetches(lite::Isa isa) {
  guarded::Random random;
  for (int64_t m : {5, 14, 49, 100})
    for (int64_t n : {40, 96, 208})
      for (int64_t k : {3, 40}) {
        Operands operands({m, n, 2, k, n, true, true, meaning::activation(1)}, random);
        lite::gemm::kernels(isa).multiply(operands.block());
        const std::vector<float> expected(operands.c.data(), operands.c.data() + operands.c.size());
        const Floats bytes(5000);
        const auto* data = reinterpret_cast<const std::byte*>(bytes.data());
        const lite::gemm::Fetch later[] = {{data, 20}, {data + 64, 64 * k}, {data, 20000}};
        lite::gemm::Block block = operands.block();
        block.later = later;
        block.later_count = 3;
        random.fill(operands.c);
        lite::gemm::kernels(isa).multiply(block);
        CHECK(std::equal(expected.begin(), expected.end(), operands.c.data()));
        CHECK(lite::gemm::kernels(isa).room_to_fetch(m, n, k) % (64 * k) == 0);
      }
  CHECK(lite::gemm::kernels(isa).room_to_fetch(0, 96, 40) == 0);
}

void check_packing(lite::Isa isa) {
  guarded::Random random;
  for (int64_t k : {0, 1, 2, 15, 16, 17, 40})
    for (int count = 1; count <= kPanel; ++count)
      for (bool transposed : {false, true}) {
        Floats b(k * count), panel(k * kPanel);
        random.fill(b);
        random.fill(panel);
        int64_t columns[kPanel];
        for (int j = 0; j < count; ++j) columns[j] = transposed ? j * k : j;
        lite::gemm::kernels(isa).pack_panel(b.data(), k, transposed ? 1 : count, columns, count,
                                            panel.data());
        for (int64_t row = 0; row < k; ++row)
          for (int j = 0; j < kPanel; ++j)
            CHECK(panel[row * kPanel + j] ==
                  (j >= count ? 0.0f : b[transposed ? j * k + row : row * count + j]));
      }
}

void expand(const lite::gemm::Kernels& kernels, const int8_t* b, int64_t k, const float* scales,
            float* panel) {
  kernels.expand_s8(b, k, scales, panel);
}
void expand(const lite::gemm::Kernels& kernels, const int16_t* b, int64_t k, const float* scales,
            float* panel) {
  kernels.expand_s16(b, k, scales, panel);
}
void multiply(const lite::gemm::Kernels& kernels, const lite::gemm::Block& block, const int8_t* b,
              const float* scales) {
  kernels.multiply_s8(block, b, scales);
}
void multiply(const lite::gemm::Kernels& kernels, const lite::gemm::Block& block, const int16_t* b,
              const float* scales) {
  kernels.multiply_s16(block, b, scales);
}

// Panels of integers become exactly float(b) * scale, and products by them mean the same. The
// integers lie right before a forbidden page, too.
template <class T>
void check_scaled(lite::Isa isa, const Case& c, guarded::Random& random) {
  const auto& kernels = lite::gemm::kernels(isa);
  Operands operands(c, random);
  Floats scales(c.panels() * kPanel);
  random.fill(scales);
  const int64_t count = c.panels() * c.panel_floats();
  Floats memory(count * static_cast<int64_t>(sizeof(T)) / static_cast<int64_t>(sizeof(float)));
  T* integers = reinterpret_cast<T*>(memory.data());
  for (int64_t i = 0; i < count; ++i) integers[i] = static_cast<T>(i * 7919 + i / 3);
  for (int64_t panel = 0; panel < c.panels(); ++panel)
    expand(kernels, integers + panel * c.panel_floats(), c.taps * c.k,
           scales.data() + panel * kPanel, operands.b.data() + panel * c.panel_floats());
  for (int64_t i = 0; i < count; ++i)
    CHECK(operands.b[i] ==
          static_cast<float>(integers[i]) * scales[i / c.panel_floats() * kPanel + i % kPanel]);
  multiply(kernels, operands.block(), integers, scales.data());
  const double greatest = std::is_same<T, int8_t>::value ? 128.0 : 32768.0;
  for (int64_t row = 0; row < c.m; ++row)
    for (int64_t column = 0; column < c.n; ++column)
      CHECK(meaning::near(operands.c[row * c.c_stride + column], operands.expected(row, column),
                          static_cast<double>(c.taps * c.k) * greatest));
}

void check_integers(lite::Isa isa) {
  guarded::Random random;
  int turn = 0;
  for (int64_t m : {1, 2, 3, 4, 7})
    for (int64_t n : {1, 7, 16, 24, 33, 48, 65, 97})
      for (int64_t k : {1, 8, 19}) {
        ++turn;
        const Case c = {m, n, 1 + turn % 3, k, n + turn % 2, turn % 2 == 0, turn % 3 == 0, {}};
        check_scaled<int8_t>(isa, c, random);
        check_scaled<int16_t>(isa, c, random);
      }
}

}  // namespace

int main() {
  for (lite::Isa isa : lite::usable_isas()) {
    check_sizes(isa);
    check_cuts(isa);
    check_fetches(isa);
    check_packing(isa);
    check_integers(isa);
  }
  return check_result();
}
