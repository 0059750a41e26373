// SPDX-License-Identifier: Apache-2.0
// Conversions of halves: every half there and back, and roundings at every boundary between two.
#include "base/half.h"

#include <cmath>
#include <limits>

#include "check.h"

namespace {

using lite::double_to_half;
using lite::float_to_half;
using lite::Half;
using lite::half_to_float;

double exact(uint16_t bits) {  // the value that the format gives to the bits of a finite half
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  const double size =
      exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  return bits & 0x8000 ? -size : size;
}

void check_round_trips() {
  for (int bits = 0; bits < 65536; ++bits) {
    const Half half{static_cast<uint16_t>(bits)};
    const float value = half_to_float(half);
    const bool nan = (bits & 0x7C00) == 0x7C00 && (bits & 0x3FF) != 0;
    CHECK(std::isnan(value) == nan);
    if (nan) continue;
    CHECK(float_to_half(value).bits == half.bits);
    CHECK(double_to_half(value).bits == half.bits);
    if ((bits & 0x7C00) != 0x7C00) CHECK(value == exact(half.bits));
  }
}

// Between neighbours a half rounds to the nearer one, and from the middle to the even one.
void check_roundings() {
  for (int low = 0; low < 0x7BFF; ++low) {
    const uint16_t even = static_cast<uint16_t>(low % 2 == 0 ? low : low + 1);
    const double middle =
        (exact(static_cast<uint16_t>(low)) + exact(static_cast<uint16_t>(low + 1))) / 2;
    CHECK(float_to_half(static_cast<float>(middle)).bits == even);
    CHECK(double_to_half(middle).bits == even);
    CHECK(double_to_half(-middle).bits == (even | 0x8000));
    CHECK(double_to_half(std::nextafter(middle, 0.0)).bits == low);
    CHECK(double_to_half(std::nextafter(middle, 1e9)).bits == low + 1);
    CHECK(float_to_half(std::nextafter(static_cast<float>(middle), 0.0f)).bits == low);
    CHECK(float_to_half(std::nextafter(static_cast<float>(middle), 1e9f)).bits == low + 1);
  }
}

void check_ends() {
  CHECK(float_to_half(65519.0f).bits == 0x7BFF);
  CHECK(float_to_half(65520.0f).bits == 0x7C00);
  CHECK(double_to_half(-1e300).bits == 0xFC00);
  CHECK(float_to_half(std::numeric_limits<float>::infinity()).bits == 0x7C00);
  CHECK(float_to_half(2.9e-8f).bits == 0);
  CHECK(double_to_half(3.0e-8).bits == 1);
  CHECK(std::isnan(half_to_float(double_to_half(std::nan("")))));
}

}  // namespace

int main() {
  check_round_trips();
  check_roundings();
  check_ends();
  return check_result();
}
