// SPDX-License-Identifier: Apache-2.0
// Folds of rows and of columns against loops in double, for sizes around vectors and blocks.
#include "kernels/reduce/reduce.h"

#include <cmath>
#include <vector>

#include "base/isa.h"
#include "check.h"
#include "guarded.h"

namespace {

using guarded::Floats;

struct Row {
  const char* name;
  lite::reduce::Fold lite::reduce::Kernels::* fold;
  double neutral;
  double (*apply)(double, double);
};

constexpr Row kRows[] = {
    {"max", &lite::reduce::Kernels::max, -INFINITY,
     [](double a, double b) { return b > a ? b : a; }},
    {"min", &lite::reduce::Kernels::min, INFINITY,
     [](double a, double b) { return b < a ? b : a; }},
    {"prod", &lite::reduce::Kernels::prod, 1.0, [](double a, double b) { return a * b; }},
    {"sum", &lite::reduce::Kernels::sum, 0.0, [](double a, double b) { return a + b; }},
};

void check(const Row& row, lite::reduce::Fold fold, int64_t rows, int64_t columns, int64_t stride) {
  Floats x(rows > 0 ? (rows - 1) * stride + columns : 0), y(columns);
  guarded::Random random;
  random.fill(x);
  for (int64_t i = 0; i < x.size(); ++i) x[i] = 1.0f + x[i] / 64.0f;  // products stay in range
  fold(x.data(), y.data(), rows, columns, stride);
  for (int64_t c = 0; c < columns; ++c) {
    double expected = row.neutral;
    for (int64_t r = 0; r < rows; ++r) expected = row.apply(expected, x[r * stride + c]);
    const bool near = y[c] == expected || std::fabs(y[c] - expected) <= 1e-5 * std::fabs(expected);
    if (!near)
      std::fprintf(stderr, "%s of %lld rows, column %lld of %lld: %g, expected %g\n", row.name,
                   static_cast<long long>(rows), static_cast<long long>(c),
                   static_cast<long long>(columns), y[c], expected);
    CHECK(near);
  }
}

void check_sizes(const Row& row, lite::reduce::Fold fold) {
  for (int64_t count = 0; count <= 200; ++count) check(row, fold, count, 1, 1);
  for (const int64_t count : {1000, 8191, 8192, 8193, 20000}) check(row, fold, count, 1, 1);
  for (const int64_t rows : {0, 1, 2, 127, 128, 129, 300})
    for (int64_t columns = 1; columns <= 70; ++columns)
      check(row, fold, rows, columns, columns + 3);
}

// Wherever it lies, a NaN is the greatest and the least.
void check_nan(lite::reduce::Fold extremum) {
  for (int64_t place = 0; place < 150; ++place) {
    std::vector<float> x(150, 1.0f);
    x[static_cast<size_t>(place)] = std::nanf("");
    float row = 0.0f, column[2] = {0.0f, 0.0f};
    extremum(x.data(), &row, 150, 1, 1);
    extremum(x.data(), column, 75, 2, 2);
    CHECK(std::isnan(row));
    CHECK(std::isnan(column[place % 2]) && column[1 - place % 2] == 1.0f);
  }
}

}  // namespace

int main() {
#define LITE_ISA(name, architecture, base, flags)                     \
  if (lite::isa_usable(lite::Isa::name)) {                            \
    const auto& kernels = lite::reduce::kernels(lite::Isa::name);     \
    for (const Row& row : kRows) check_sizes(row, kernels.*row.fold); \
    check_nan(kernels.max);                                           \
    check_nan(kernels.min);                                           \
  }
#include "base/isa.inc"
#undef LITE_ISA
  return check_result();
}
