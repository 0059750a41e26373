// SPDX-License-Identifier: Apache-2.0
// softmax and log_softmax of rows and of columns against loops in double.
#include "kernels/softmax/softmax.h"

#include <cmath>

#include "base/isa.h"
#include "check.h"
#include "guarded.h"

namespace {

using guarded::Floats;

void check(const lite::softmax::Kernels& kernels, bool log, int64_t rows, int64_t columns,
           int64_t stride) {
  Floats x((rows - 1) * stride + columns), y(x.size());
  guarded::Random random;
  random.fill(x);
  for (int64_t i = 0; i < x.size(); ++i) x[i] *= 10.0f;
  (log ? kernels.log_softmax : kernels.softmax)(x.data(), y.data(), rows, columns, stride);
  for (int64_t c = 0; c < columns; ++c) {
    double sum = 0.0;
    for (int64_t r = 0; r < rows; ++r) sum += std::exp(static_cast<double>(x[r * stride + c]));
    for (int64_t r = 0; r < rows; ++r) {
      const double logarithm = static_cast<double>(x[r * stride + c]) - std::log(sum);
      const double expected = log ? logarithm : std::exp(logarithm);
      CHECK(std::fabs(y[r * stride + c] - expected) <= 2e-6 * (std::fabs(expected) + log));
    }
  }
}

void check_sizes(const lite::softmax::Kernels& kernels) {
  for (const bool log : {false, true}) {
    for (int64_t count = 1; count <= 70; ++count) check(kernels, log, count, 1, 1);
    for (const int64_t count : {1000, 4095, 4096, 4097, 9000}) check(kernels, log, count, 1, 1);
    for (int64_t columns = 1; columns <= 35; ++columns)
      check(kernels, log, 5, columns, columns + 2);
  }
}

}  // namespace

int main() {
#define LITE_ISA(name, architecture, base, flags) \
  if (lite::isa_usable(lite::Isa::name)) check_sizes(lite::softmax::kernels(lite::Isa::name));
#include "base/isa.inc"
#undef LITE_ISA
  return check_result();
}
