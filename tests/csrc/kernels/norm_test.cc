// SPDX-License-Identifier: Apache-2.0
// Moments of rows and of columns, and the maps that use them, against loops in double.
#include "kernels/norm/norm.h"

#include <cmath>
#include <vector>

#include "base/isa.h"
#include "check.h"
#include "guarded.h"

namespace {

using guarded::Floats;
using lite::norm::Moments;

constexpr float kFar = 1000.0f;  // where the mean lies: spreads of 1 must not drown in its rounding

struct Exact {
  double mean = 0.0, variance = 0.0;
};

Exact exact_moments(const float* x, int64_t count, int64_t stride) {
  Exact exact;
  const double divisor = static_cast<double>(count);
  for (int64_t i = 0; i < count; ++i) exact.mean += x[i * stride] / divisor;
  for (int64_t i = 0; i < count; ++i)
    exact.variance += std::pow(x[i * stride] - exact.mean, 2) / divisor;
  return exact;
}

bool right(const Moments& found, const Exact& exact) {
  return std::fabs(static_cast<double>(found.mean) + found.rest - exact.mean) <= 1e-6 &&
         std::fabs(found.variance - exact.variance) <= 1e-5 * (exact.variance + 1e-3);
}

void check_row(const lite::norm::Kernels& kernels, int64_t count) {
  Floats x(count), scale(count), bias(count), y(count);
  guarded::Random random;
  random.fill(x);
  random.fill(scale);
  random.fill(bias);
  for (int64_t i = 0; i < count; ++i) x[i] += kFar;
  const Moments moments = kernels.row_moments(x.data(), count);
  CHECK(right(moments, exact_moments(x.data(), count, 1)));
  for (int parts = 0; parts < 4; ++parts) {
    lite::norm::RowMap map{moments.mean, moments.rest, 1.5f, 0.25f, nullptr, nullptr};
    if (parts & 1) map.scale = scale.data();
    if (parts & 2) map.bias = bias.data();
    kernels.map_row(x.data(), y.data(), count, map);
    for (int64_t i = 0; i < count; ++i) {
      const double centred = static_cast<double>(x[i]) - moments.mean - moments.rest;
      const double expected =
          centred * 1.5 * (parts & 1 ? scale[i] : 1.0f) + (parts & 2 ? bias[i] : 0.25f);
      CHECK(std::fabs(y[i] - expected) <= 1e-6);
    }
  }
}

void check_columns(const lite::norm::Kernels& kernels, int64_t rows, int64_t columns) {
  const int64_t stride = columns + 3;
  Floats x((rows - 1) * stride + columns), y(x.size()), mean(columns), factor(columns),
      bias(columns);
  guarded::Random random;
  random.fill(x);
  random.fill(factor);
  random.fill(bias);
  for (int64_t i = 0; i < x.size(); ++i) x[i] += kFar;
  std::vector<Moments> moments(static_cast<size_t>(columns));
  kernels.column_moments(x.data(), rows, columns, stride, moments.data());
  for (int64_t c = 0; c < columns; ++c) {
    const Moments& found = moments[static_cast<size_t>(c)];
    CHECK(right(found, exact_moments(&x[c], rows, stride)));
    mean[c] = found.mean;
  }
  kernels.map_columns(x.data(), y.data(), rows, columns, stride, mean.data(), factor.data(),
                      bias.data());
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c) {
      const double centred = static_cast<double>(x[r * stride + c]) - mean[c];
      CHECK(std::fabs(y[r * stride + c] - (centred * factor[c] + bias[c])) <= 1e-6);
    }
}

void check(const lite::norm::Kernels& kernels) {
  for (int64_t count = 1; count <= 70; ++count) check_row(kernels, count);
  for (const int64_t count : {4095, 4096, 4097, 9000}) check_row(kernels, count);
  for (const int64_t rows : {1, 2, 127, 128, 129, 500})
    for (int64_t columns = 1; columns <= 35; ++columns) check_columns(kernels, rows, columns);
}

}  // namespace

int main() {
#define LITE_ISA(name, architecture, base, flags) \
  if (lite::isa_usable(lite::Isa::name)) check(lite::norm::kernels(lite::Isa::name));
#include "base/isa.inc"
#undef LITE_ISA
  return check_result();
}
