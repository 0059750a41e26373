// SPDX-License-Identifier: Apache-2.0
// A function of one element gives the same bits wherever the element lies: for every length around
// the vector's, in place and not, with a forbidden page behind the last element.
#include "kernels/unary/unary.h"

#include <cmath>
#include <cstring>

#include "base/isa.h"
#include "check.h"
#include "guarded.h"

namespace {

using guarded::Floats;

struct Row {
  const char* name;
  lite::unary::Map lite::unary::Kernels::* map;
};

constexpr Row kRows[] = {
#define LITE_UNARY(name) {#name, &lite::unary::Kernels::name},
#include "kernels/unary/unary.inc"
#undef LITE_UNARY
};

bool same_bits(const float* a, const float* b, int64_t count) {
  return std::memcmp(a, b, static_cast<size_t>(count) * sizeof(float)) == 0;
}

void check(const Row& row, lite::unary::Map map, int64_t count) {
  const lite::unary::Parameters parameters{-0.5f, 0.75f};
  Floats x(count), y(count), alone(count);
  guarded::Random random;
  random.fill(x);
  for (int64_t i = 0; i < count; ++i) x[i] *= 8.0f;
  for (int64_t i = 0; i < count; ++i) map(&x[i], &alone[i], 1, parameters);
  map(x.data(), y.data(), count, parameters);
  if (!same_bits(y.data(), alone.data(), count))
    std::fprintf(stderr, "%s of %lld elements\n", row.name, static_cast<long long>(count));
  CHECK(same_bits(y.data(), alone.data(), count));
  map(x.data(), x.data(), count, parameters);
  CHECK(same_bits(x.data(), alone.data(), count));
}

void check_nan(const Row& row, lite::unary::Map map) {
  Floats x(1), y(1);
  x[0] = std::nanf("");
  map(x.data(), y.data(), 1, {-0.5f, 0.75f});
  if (!std::isnan(y[0])) std::fprintf(stderr, "%s of NaN is %g\n", row.name, y[0]);
  CHECK(std::isnan(y[0]));
}

}  // namespace

int main() {
#define LITE_ISA(name, architecture, base, flags)                                        \
  if (lite::isa_usable(lite::Isa::name)) {                                               \
    const auto& kernels = lite::unary::kernels(lite::Isa::name);                         \
    for (const Row& row : kRows) {                                                       \
      for (int64_t count = 0; count <= 67; ++count) check(row, kernels.*row.map, count); \
      check_nan(row, kernels.*row.map);                                                  \
    }                                                                                    \
  }
#include "base/isa.inc"
#undef LITE_ISA
  return check_result();
}
