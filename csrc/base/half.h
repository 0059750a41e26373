// SPDX-License-Identifier: Apache-2.0
// IEEE 754 binary16 in memory: conversions in plain integer arithmetic, round to nearest even.
#pragma once

#include <cstdint>
#include <cstring>

namespace lite {

struct Half {
  uint16_t bits;
};

[[nodiscard]] inline float half_to_float(Half half) {
  const uint32_t sign = static_cast<uint32_t>(half.bits & 0x8000u) << 16;
  const uint32_t magnitude = half.bits & 0x7FFFu;
  uint32_t bits;
  if (magnitude >= 0x7C00u) {  // infinity and NaN
    bits = sign | 0x7F800000u | ((magnitude & 0x3FFu) << 13);
  } else if (magnitude >= 0x0400u) {
    bits = sign | ((magnitude << 13) + 0x38000000u);
  } else {  // denormal: magnitude * 2^-24
    const float value = static_cast<float>(magnitude) * 5.9604644775390625e-8f;
    std::memcpy(&bits, &value, sizeof(bits));
    bits |= sign;
  }
  float result;
  std::memcpy(&result, &bits, sizeof(result));
  return result;
}

[[nodiscard]] inline Half float_to_half(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  const uint32_t sign = (bits >> 16) & 0x8000u;
  const uint32_t magnitude = bits & 0x7FFFFFFFu;
  uint32_t result;
  if (magnitude > 0x7F800000u) {
    result = 0x7E00u | ((magnitude >> 13) & 0x3FFu);  // NaN, quiet
  } else if (magnitude >= 0x477FF000u) {              // 65520 and more
    result = 0x7C00u;
  } else if (magnitude >= 0x38800000u) {
    const uint32_t odd = (magnitude >> 13) & 1u;
    result = (magnitude - 0x38000000u + 0xFFFu + odd) >> 13;
  } else {  // denormal: the sum with 1/2 leaves multiples of 2^-24 in the last bits
    float tiny;
    std::memcpy(&tiny, &magnitude, sizeof(tiny));
    tiny += 0.5f;
    std::memcpy(&result, &tiny, sizeof(result));
    result -= 0x3F000000u;
  }
  return Half{static_cast<uint16_t>(sign | result)};
}

// Rounded once: the float on the way is rounded to odd, which keeps what the second rounding needs.
[[nodiscard]] inline Half double_to_half(double value) {
  float nearest = static_cast<float>(value);
  if (static_cast<double>(nearest) == value || value != value) return float_to_half(nearest);
  uint32_t bits;
  std::memcpy(&bits, &nearest, sizeof(bits));
  const double size = value < 0.0 ? -value : value;
  const double rounded = value < 0.0 ? -static_cast<double>(nearest) : static_cast<double>(nearest);
  if (rounded > size) --bits;
  bits |= 1u;
  std::memcpy(&nearest, &bits, sizeof(nearest));
  return float_to_half(nearest);
}

}  // namespace lite
