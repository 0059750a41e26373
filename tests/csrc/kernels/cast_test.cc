// SPDX-License-Identifier: Apache-2.0
// Conversions in vectors give what they give one by one, for every length around a vector's.
#include "kernels/cast/cast.h"

#include <cstring>
#include <vector>

#include "base/isa.h"
#include "check.h"
#include "guarded.h"

namespace {

using lite::Half;

void check_halves(const lite::cast::Kernels& kernels, int64_t count) {
  guarded::Floats x(count), y(count), z(count);
  guarded::Random random;
  random.fill(x);
  for (int64_t i = 0; i < count; ++i) x[i] *= i % 3 == 0 ? 1e6f : i % 3 == 1 ? 1e-6f : 1.0f;
  Half* halves = reinterpret_cast<Half*>(y.data() + count) - count;
  kernels.f32_f16(x.data(), halves, count);
  for (int64_t i = 0; i < count; ++i) CHECK(halves[i].bits == lite::float_to_half(x[i]).bits);
  kernels.f16_f32(halves, z.data(), count);
  for (int64_t i = 0; i < count; ++i) CHECK(z[i] == lite::half_to_float(halves[i]));
}

template <class From>
void check_integers(void (*convert)(const From*, float*, int64_t), int64_t count) {
  guarded::Floats room(count), y(count);
  From* x = reinterpret_cast<From*>(room.data() + count) - count;
  for (int64_t i = 0; i < count; ++i) x[i] = static_cast<From>(i * 2654435761);
  convert(x, y.data(), count);
  for (int64_t i = 0; i < count; ++i) CHECK(y[i] == static_cast<float>(x[i]));
}

void check(const lite::cast::Kernels& kernels) {
  for (int64_t count = 0; count <= 150; ++count) {
    check_halves(kernels, count);
    check_integers(kernels.s8_f32, count);
    check_integers(kernels.u8_f32, count);
    check_integers(kernels.s32_f32, count);
  }
  std::vector<Half> all(65536);
  std::vector<float> values(65536);
  for (size_t bits = 0; bits < all.size(); ++bits) all[bits].bits = static_cast<uint16_t>(bits);
  kernels.f16_f32(all.data(), values.data(), 65536);
  for (size_t bits = 0; bits < all.size(); ++bits) {
    const float one = lite::half_to_float(all[bits]);
    CHECK(std::memcmp(&one, &values[bits], sizeof(one)) == 0);
  }
}

}  // namespace

int main() {
#define LITE_ISA(name, architecture, base, flags) \
  if (lite::isa_usable(lite::Isa::name)) check(lite::cast::kernels(lite::Isa::name));
#include "base/isa.inc"
#undef LITE_ISA
  return check_result();
}
