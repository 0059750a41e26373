// SPDX-License-Identifier: Apache-2.0
// Products of bf16 of every usable ISA that has them against a loop in double, for sizes around its
// tiles; how floats are rounded; how far the results are from those of floats.
#include "kernels/bgemm/bgemm.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "base/isa.h"
#include "check.h"
#include "cuts.h"
#include "guarded.h"
#include "meaning.h"

namespace {

using guarded::Floats;
using lite::bgemm::Bf16;
using lite::bgemm::Kernels;
using lite::bgemm::kPanel;

constexpr float kUntouched = 123.0f;
constexpr int64_t kRowsAhead = 16;

float float_of(Bf16 x) {
  const uint32_t bits = static_cast<uint32_t>(x) << 16;
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

// To nearest, ties to even, in integers; denormals are zeros.
Bf16 nearest(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof(bits));
  if (std::isnan(x)) return static_cast<Bf16>(bits >> 16 | 0x40u);
  if (std::fabs(x) < std::numeric_limits<float>::min()) return static_cast<Bf16>(bits >> 31 << 15);
  return static_cast<Bf16>((bits + 0x7FFFu + (bits >> 16 & 1u)) >> 16);
}

struct Case {
  int64_t m, n, taps, k, run, c_stride;  // run: rows that lie one after another
  bool bias, residual;
  lite::Activation activation;

  int64_t panels() const { return (n + kPanel - 1) / kPanel; }
};

class Operands {
 public:
  Operands(const Kernels& kernels, const Case& c, guarded::Random& random)
      : case_(c),
        depth_(kernels.depth(c.k)),
        panel_(c.taps * depth_ * kPanel),
        pitch_(depth_ + 6),
        b_(c.panels() * panel_),
        floats_(static_cast<size_t>((c.m + c.m / c.run + c.taps) * pitch_)),
        a(static_cast<int64_t>(floats_.size()) + kRowsAhead * pitch_),
        b(c.panels() * panel_),
        bias(c.n),
        residual((c.m - 1) * c.c_stride + c.n),
        c((c.m - 1) * c.c_stride + c.n) {
    for (Floats* array : {&b_, &bias, &residual}) random.fill(*array);
    for (float& x : floats_) x = random.next();
    for (int64_t row = 0; row < c.m + c.m / c.run + c.taps; ++row)
      kernels.round(floats_.data() + row * pitch_, pitch_, 1, c.k, a.data() + row * pitch_, pitch_,
                    depth_);
    for (int64_t panel = 0; panel < c.panels(); ++panel) {
      for (int64_t tap = 0; tap < c.taps; ++tap)
        for (int64_t i = c.k * kPanel; i < depth_ * kPanel; ++i)
          b_[panel * panel_ + tap * depth_ * kPanel + i] = 0.0f;
      kernels.pack_panel(b_.data() + panel * panel_, c.taps * depth_, b.data() + panel * panel_);
    }
    for (int64_t row = 0; row < c.m; ++row) rows.push_back(a.data() + place(row));
    for (int64_t tap = 0; tap < c.taps; ++tap) offsets.push_back(tap * pitch_);
    clear();
  }

  void clear() {
    for (int64_t i = 0; i < c.size(); ++i) c[i] = kUntouched;
  }

  lite::bgemm::Block block() {
    lite::bgemm::Block block;
    block.m = case_.m;
    block.n = case_.n;
    block.taps = case_.taps;
    block.k = depth_;
    block.offsets = offsets.data();
    block.rows = rows.data();
    block.row_step = pitch_;
    block.b = b.data();
    block.panel_stride = panel_;
    block.bias = case_.bias ? bias.data() : nullptr;
    block.residual = case_.residual ? residual.data() : nullptr;
    block.residual_stride = case_.c_stride;
    block.c = c.data();
    block.c_stride = case_.c_stride;
    block.activation = case_.activation;
    return block;
  }

  // A result by factors as they are, or rounded; and the sum of the products' magnitudes.
  double expected(int64_t row, int64_t column, bool rounded, double* magnitude) const {
    double sum = case_.bias ? bias[column] : 0.0;
    *magnitude = 0;
    for (int64_t tap = 0; tap < case_.taps; ++tap)
      for (int64_t k = 0; k < case_.k; ++k) {
        const float x = floats_[static_cast<size_t>(place(row) + tap * pitch_ + k)];
        const float y =
            b_[column / kPanel * panel_ + (tap * depth_ + k) * kPanel + column % kPanel];
        const double product = rounded ? static_cast<double>(float_of(nearest(x))) *
                                             static_cast<double>(float_of(nearest(y)))
                                       : static_cast<double>(x) * static_cast<double>(y);
        sum += product;
        *magnitude += std::fabs(product);
      }
    if (case_.residual) sum += residual[row * case_.c_stride + column];
    return sum;
  }

 private:
  int64_t place(int64_t row) const { return (row + row / case_.run) * pitch_; }

  Case case_;
  int64_t depth_, panel_, pitch_;
  Floats b_;
  std::vector<float> floats_;

 public:
  guarded::Array<Bf16> a, b;
  Floats bias, residual, c;
  std::vector<const Bf16*> rows;
  std::vector<int64_t> offsets;
};

void check(lite::Isa isa, const Kernels& kernels, const Case& c, guarded::Random& random) {
  Operands operands(kernels, c, random);
  kernels.multiply(operands.block());
  for (int64_t i = 0; i < operands.c.size(); ++i) {
    const int64_t row = i / c.c_stride, column = i % c.c_stride;
    double magnitude = 0;
    bool right = operands.c[i] == kUntouched;
    if (column < c.n) {
      const double sum = operands.expected(row, column, true, &magnitude);
      right = meaning::near(operands.c[i], meaning::activate(c.activation, sum),
                            static_cast<double>(c.taps * c.k));
    }
    CHECK(right);
    if (!right) {
      std::fprintf(stderr, "  %s m %d n %d taps %d k %d run %d row %d column %d\n",
                   lite::isa_name(isa), static_cast<int>(c.m), static_cast<int>(c.n),
                   static_cast<int>(c.taps), static_cast<int>(c.k), static_cast<int>(c.run),
                   static_cast<int>(row), static_cast<int>(column));
      return;
    }
  }
}

void check_sizes(lite::Isa isa, const Kernels& kernels) {
  guarded::Random random;
  int turn = 0;
  for (int64_t m : {1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 49, 63, 65, 100})
    for (int64_t n : {1, 5, 15, 16, 17, 31, 32, 33, 47, 48, 49, 64, 65, 80})
      for (int64_t k : {0, 1, 2, 3, 16, 31, 32, 33, 64, 70}) {
        ++turn;
        const int64_t run = turn % 3 == 0 ? 7 : turn % 4 == 0 ? 1 : 1000;
        check(isa, kernels,
              {m, n, 1 + turn % 3, k, run, n + turn % 3, turn % 2 == 0, turn % 5 == 0,
               meaning::activation(turn)},
              random);
      }
}

// A factor is off by 2^-9 of it at most, a product by little more than 2^-8.
void check_error(const Kernels& kernels) {
  guarded::Random random;
  const Case c = {40, 70, 2, 300, 1000, 70, true, true, meaning::activation(0)};
  Operands operands(kernels, c, random);
  kernels.multiply(operands.block());
  for (int64_t i = 0; i < operands.c.size(); ++i) {
    double magnitude = 0;
    const double sum = operands.expected(i / c.n, i % c.n, false, &magnitude);
    CHECK(std::fabs(operands.c[i] - sum) <= magnitude * (std::ldexp(1, -8) + std::ldexp(1, -14)));
  }
}

void check_cuts(const Kernels& kernels) {
  guarded::Random random;
  const Case c = {83, 90, 2, 33, 20, 90, true, true, meaning::activation(1)};
  Operands whole(kernels, c, random);
  cuts::check(whole.c, {1, 7, 17, 40}, [&] { return whole.block(); }, kernels.multiply);
}

void check_rounding(const Kernels& kernels) {
  guarded::Random random;
  const float infinity = std::numeric_limits<float>::infinity();
  const float special[] = {0.0f,     -0.0f,     1.00390625f, 1.01171875f, -1.00390625f, 1.003906f,
                           infinity, -infinity, NAN,         -NAN,        3.4e38f,      -3.3e38f,
                           1e-39f,   -1e-40f,   1.2e-38f,    65504.0f,    1e-20f};
  constexpr int64_t kSpecial = sizeof(special) / sizeof(special[0]);
  for (int64_t rows : {1, 2, 3, 9})
    for (int64_t k : {1, 2, 3, 4, 5, 7, 15, 16, 17, 31, 32, 33, 50, 64})
      for (int64_t filled : {k, (k + 1) / 2 * 2, (k + 31) / 32 * 32})
        for (int64_t apart : {0, 1}) {
          Floats from((rows - 1) * (k + apart) + k);
          guarded::Array<Bf16> to((rows - 1) * (filled + apart) + filled);
          random.fill(from);
          for (int64_t i = 0; i < from.size(); ++i)
            if (i % 3 == 0) from[i] = special[i / 3 % kSpecial];
          for (int64_t i = 0; i < to.size(); ++i) to[i] = 0x4242;
          kernels.round(from.data(), k + apart, rows, k, to.data(), filled + apart, filled);
          for (int64_t i = 0; i < to.size(); ++i) {
            const int64_t row = i / (filled + apart), column = i % (filled + apart);
            CHECK(to[i] == (column < k        ? nearest(from[row * (k + apart) + column])
                            : column < filled ? 0
                                              : 0x4242));
          }
        }
}

void check_packing(const Kernels& kernels) {
  guarded::Random random;
  for (int64_t k : {0, 2, 4, 34}) {
    Floats b(k * kPanel);
    guarded::Array<Bf16> panel(k * kPanel);
    random.fill(b);
    kernels.pack_panel(b.data(), k, panel.data());
    for (int64_t i = 0; i < k; ++i)
      for (int64_t j = 0; j < kPanel; ++j)
        CHECK(panel[i / 2 * 2 * kPanel + 2 * j + i % 2] == nearest(b[i * kPanel + j]));
  }
}

}  // namespace

int main() {
  for (lite::Isa isa : lite::usable_isas()) {
    const Kernels* kernels = lite::bgemm::kernels(isa);
    if (kernels == nullptr) continue;
    check_sizes(isa, *kernels);
    check_error(*kernels);
    check_cuts(*kernels);
    check_rounding(*kernels);
    check_packing(*kernels);
  }
  return check_result();
}
