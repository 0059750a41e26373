// SPDX-License-Identifier: Apache-2.0
// Local response normalisation in both layouts against a loop in double.
#include "kernels/lrn/lrn.h"

#include <cmath>

#include "base/isa.h"
#include "check.h"
#include "guarded.h"

namespace {

using guarded::Floats;
using lite::lrn::Window;

double expected(const Floats& x, int64_t channels, int64_t place, int64_t channel, int64_t stride,
                const Window& window) {
  double sum = 0.0;
  for (int64_t k = channel - window.before; k <= channel + window.behind; ++k)
    if (k >= 0 && k < channels) sum += std::pow(x[place + k * stride], 2);
  return x[place + channel * stride] *
         std::pow(window.bias + window.alpha * sum, -static_cast<double>(window.beta));
}

void check(const lite::lrn::Kernels& kernels, int64_t channels, int64_t columns,
           const Window& window) {
  Floats x(channels * columns), y(x.size()), z(x.size());
  guarded::Random random;
  random.fill(x);
  kernels.columns(x.data(), y.data(), channels, columns, columns, window);
  kernels.vectors(x.data(), z.data(), columns, channels, window);
  for (int64_t i = 0; i < columns; ++i)
    for (int64_t c = 0; c < channels; ++c) {
      const int64_t column_place = c * columns + i, vector_place = i * channels + c;
      CHECK(std::fabs(y[column_place] - expected(x, channels, i, c, columns, window)) <= 2e-6);
      CHECK(std::fabs(z[vector_place] - expected(x, channels, i * channels, c, 1, window)) <= 2e-6);
    }
}

}  // namespace

int main() {
  const Window windows[] = {
      {2, 2, 0.5f, 0.75f, 1.0f}, {1, 2, 1.0f, 0.5f, 2.0f}, {0, 0, 1.0f, 1.0f, 1.0f}};
#define LITE_ISA(name, architecture, base, flags)             \
  if (lite::isa_usable(lite::Isa::name))                      \
    for (const Window& window : windows)                      \
      for (const int64_t channels : {1, 2, 3, 7, 16, 17, 40}) \
        for (const int64_t columns : {1, 2, 15, 16, 17, 33})  \
          check(lite::lrn::kernels(lite::Isa::name), channels, columns, window);
#include "base/isa.inc"
#undef LITE_ISA
  return check_result();
}
