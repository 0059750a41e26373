// SPDX-License-Identifier: Apache-2.0
// Sparse products of every usable ISA against a loop in double, for sizes around the tiles.
#include "kernels/sparse/sparse.h"

#include <vector>

#include "base/isa.h"
#include "check.h"
#include "guarded.h"
#include "meaning.h"

namespace {

using guarded::Floats;

struct Case {
  int64_t m, n, k, rows;
  bool bias, residual;
  lite::Activation activation;
  int kept;  // of 8 columns
};

class Operands {
 public:
  Operands(const Case& c, guarded::Random& random)
      : case_(c), a(c.m * c.k), bias(c.n), residual(c.m * c.n), c(c.m * c.n) {
    for (Floats* floats : {&a, &bias, &residual}) random.fill(*floats);
    dense_.assign(static_cast<size_t>(c.n * c.k), 0.0f);
    begins_.push_back(0);
    for (int64_t first = 0; first < c.n; first += c.rows) store_group(first, random);
  }

  lite::sparse::Block block(lite::Isa isa) {
    scratch_.resize(
        static_cast<size_t>(lite::sparse::kernels(isa).scratch_floats(case_.k) + kAligning));
    lite::sparse::Block block;
    block.m = case_.m;
    block.a = a.data();
    block.a_stride = case_.k;
    block.weights = {case_.n,        case_.k,         case_.rows,    begins_.back(),
                     begins_.data(), columns_.data(), values_.data()};
    block.group_end = block.weights.groups();
    block.bias = case_.bias ? bias.data() : nullptr;
    block.residual = case_.residual ? residual.data() : nullptr;
    block.residual_stride = block.c_stride = case_.n;
    block.c = c.data();
    const auto address = reinterpret_cast<uintptr_t>(scratch_.data());
    block.scratch = reinterpret_cast<float*>((address + 63) / 64 * 64);
    block.activation = case_.activation;
    return block;
  }

  double expected(int64_t row, int64_t channel) const {
    double sum = case_.bias ? bias[channel] : 0.0;
    for (int64_t k = 0; k < case_.k; ++k)
      sum += static_cast<double>(a[row * case_.k + k]) *
             dense_[static_cast<size_t>(channel * case_.k + k)];
    if (case_.residual) sum += residual[row * case_.n + channel];
    return meaning::activate(case_.activation, sum);
  }

 private:
  static constexpr int64_t kAligning = 16;

  void store_group(int64_t first, guarded::Random& random) {
    for (int64_t k = 0; k < case_.k; ++k) {
      if (random.integer(0, 7) >= case_.kept) continue;
      columns_.push_back(static_cast<uint16_t>(k));
      for (int64_t i = 0; i < case_.rows; ++i) {
        values_.push_back(first + i < case_.n ? random.next() : 0.0f);
        if (first + i < case_.n)
          dense_[static_cast<size_t>((first + i) * case_.k + k)] = values_.back();
      }
    }
    begins_.push_back(static_cast<uint32_t>(columns_.size()));
  }

  Case case_;
  std::vector<float> dense_, values_, scratch_;
  std::vector<uint32_t> begins_;
  std::vector<uint16_t> columns_;

 public:
  Floats a, bias, residual, c;
};

void check_sizes(lite::Isa isa) {
  guarded::Random random;
  int turn = 0;
  for (int64_t m : {1, 3, 4, 15, 16, 17, 31, 32, 33, 49, 70})
    for (int64_t n : {1, 2, 5, 16, 17, 31, 48})
      for (int64_t k : {1, 7, 16, 33}) {
        ++turn;
        const Case c = {
            m,       n, k, 1 << turn % 3, turn % 2 == 0, turn % 3 == 0, meaning::activation(turn),
            turn % 5};
        Operands operands(c, random);
        lite::sparse::kernels(isa).multiply(operands.block(isa));
        for (int64_t i = 0; i < m * n; ++i)
          CHECK(meaning::near(operands.c[i], operands.expected(i / n, i % n),
                              static_cast<double>(k)));
      }
}

// In parts, of rows and of channels, all bits are the same.
void check_cuts(lite::Isa isa) {
  guarded::Random random;
  for (int64_t rows : {1, 2, 4}) {
    const Case c = {75, 70, 40, rows, true, true, meaning::activation(1), 3};
    Operands operands(c, random);
    lite::sparse::kernels(isa).multiply(operands.block(isa));
    const std::vector<float> whole(operands.c.data(), operands.c.data() + operands.c.size());
    random.fill(operands.c);
    for (int part = 0; part < 4; ++part) {
      lite::sparse::Block block = operands.block(isa);
      const int64_t top = part % 2 * 19, groups = 48 / rows;
      block.m = part % 2 != 0 ? c.m - top : 19;
      block.a += top * c.k;
      block.c += top * c.n;
      block.residual += top * c.n;
      (part / 2 != 0 ? block.group_begin : block.group_end) = groups;
      lite::sparse::kernels(isa).multiply(block);
    }
    CHECK(std::equal(whole.begin(), whole.end(), operands.c.data()));
  }
}

}  // namespace

int main() {
  for (lite::Isa isa : lite::usable_isas()) {
    check_sizes(isa);
    check_cuts(isa);
  }
  return check_result();
}
