// SPDX-License-Identifier: Apache-2.0
// Products of halves of every usable ISA that has them, to the bit, for sizes around its tiles.
#include "kernels/hgemm/hgemm.h"

#include <vector>

#include "base/isa.h"
#include "check.h"
#include "cuts.h"
#include "halves.h"

namespace {

using lite::Half;
using lite::hgemm::Block;
using lite::hgemm::Kernels;

constexpr int64_t kPanel = lite::gemm::kPanel;
constexpr Half kUntouched = {0x4242};

struct Case {
  int64_t m, n, taps, k, c_stride;
  bool table, bias, residual, packs;
  lite::Activation activation;

  int64_t panels() const { return (n + kPanel - 1) / kPanel; }
};

class Operands {
 public:
  Operands(const Kernels& kernels, const Case& c, guarded::Random& random)
      : case_(c),
        pitch_(c.k + 3),
        a((c.m + c.taps) * pitch_),
        b(c.panels() * c.taps * c.k * kPanel),
        residual((c.m - 1) * c.c_stride + c.n),
        c((c.m - 1) * c.c_stride + c.n),
        zeros(c.k + 1),
        packed(kernels.packed_elements(c.taps * c.k)),
        bias(c.n) {
    for (halves::Array* array : {&a, &b, &residual}) halves::fill(*array, random);
    random.fill(bias);
    for (int64_t i = 0; i < zeros.size(); ++i) zeros[i] = Half{0};
    for (int64_t i = 0; i < this->c.size(); ++i) this->c[i] = kUntouched;
    for (int64_t tap = 0; tap < c.taps; ++tap)  // the first tap of every third row is zeros
      for (int64_t row = 0; row < c.m; ++row)
        rows.push_back(tap == 0 && row % 3 == 0 ? zeros.data() : a.data() + (row + tap) * pitch_);
  }

  Block block() const {
    Block block;
    block.m = case_.m;
    block.n = case_.n;
    block.taps = case_.taps;
    block.k = case_.k;
    block.rows = case_.table ? rows.data() : nullptr;
    block.row_stride = case_.m;
    block.zeros = zeros.data();
    block.a = a.data();
    block.a_stride = block.tap_stride = pitch_;
    block.b = b.data();
    block.panel_stride = case_.taps * case_.k * kPanel;
    block.bias = case_.bias ? bias.data() : nullptr;
    block.residual = case_.residual ? residual.data() : nullptr;
    block.residual_stride = case_.c_stride;
    block.c = c.data();
    block.c_stride = case_.c_stride;
    block.packed = case_.packs ? packed.data() : nullptr;
    block.activation = case_.activation;
    return block;
  }

  // Before the activation; added up in the order of the depth.
  double sum(int64_t row, int64_t column) const {
    double sum = case_.bias ? halves::rounded(static_cast<double>(bias[column])) : 0.0;
    for (int64_t i = 0; i < case_.taps * case_.k; ++i) {
      const int64_t tap = i / case_.k;
      const Half* from = case_.table ? rows[static_cast<size_t>(tap * case_.m + row)]
                                     : a.data() + (row + tap) * pitch_;
      const Half weight =
          b[column / kPanel * case_.taps * case_.k * kPanel + i * kPanel + column % kPanel];
      sum = halves::fma(from[i % case_.k], weight, sum);
    }
    if (!case_.residual) return sum;
    return halves::rounded(sum + halves::value(residual[row * case_.c_stride + column]));
  }

 private:
  Case case_;
  int64_t pitch_;

 public:
  mutable halves::Array a, b, residual, c, zeros, packed;
  guarded::Floats bias;
  std::vector<const Half*> rows;
};

bool check(const Kernels& kernels, const Case& c, guarded::Random& random) {
  Operands operands(kernels, c, random);
  kernels.multiply(operands.block());
  for (int64_t i = 0; i < operands.c.size(); ++i) {
    const int64_t row = i / c.c_stride, column = i % c.c_stride;
    const Half found = operands.c[i];
    if (column < c.n ? !halves::is_activated(found, c.activation, operands.sum(row, column))
                     : found.bits != kUntouched.bits)
      return false;
  }
  return true;
}

void check_sizes(const Kernels& kernels) {
  guarded::Random random;
  int turn = 0;
  for (int64_t m : {1, 2, 3, 5, 7, 8, 9, 12, 13, 16, 31, 130})
    for (int64_t n : {1, 7, 8, 9, 16, 20, 24, 31, 32, 40, 64, 72, 83})
      for (int64_t k : {1, 3, 8, 9, 16, 21, 35}) {
        ++turn;
        const lite::Activation activation = meaning::activation(turn % 3 == 0 ? turn : 7);
        CHECK(check(kernels,
                    {m, n, 1 + turn % 3, k, n + turn % 3, turn % 2 == 0, turn % 5 != 0,
                     turn % 4 == 0, turn % 7 != 0, activation},
                    random));
      }
}

void check_cuts(const Kernels& kernels) {
  guarded::Random random;
  const Case c = {53, 90, 2, 32, 90, true, true, true, true, meaning::activation(7)};
  Operands operands(kernels, c, random);
  cuts::check(
      operands.c, {1, 4, 19}, [&] { return operands.block(); },
      [&](const Block& block) { kernels.multiply(block); });
}

}  // namespace

int main() {
  for (lite::Isa isa : lite::usable_isas()) {
    const Kernels* kernels = lite::hgemm::kernels(isa);
    if (kernels == nullptr) continue;
    check_sizes(*kernels);
    check_cuts(*kernels);
  }
  return check_result();
}
