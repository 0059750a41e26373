// SPDX-License-Identifier: Apache-2.0
// IEEE 754 binary16 in memory: conversions in plain arithmetic, round to nearest even. All cases
// are computed and one is chosen, so that compilers turn loops of them into vectors. Functions are
// static: files compiled with ISA flags include this and must export no weak symbol.
#pragma once

#include <cstdint>
#include <cstring>

namespace lite {

struct Half {
  uint16_t bits;
};

[[nodiscard]] static inline uint32_t float_bits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

[[nodiscard]] static inline float float_of_bits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

#if defined(__aarch64__)  // has instructions for it

[[nodiscard]] static inline float half_to_float(Half half) {
  __fp16 value;
  std::memcpy(&value, &half, sizeof(value));
  return static_cast<float>(value);
}

[[nodiscard]] static inline Half float_to_half(float value) {
  const __fp16 rounded = static_cast<__fp16>(value);
  Half half;
  std::memcpy(&half, &rounded, sizeof(half));
  return half;
}

#else

[[nodiscard]] static inline float half_to_float(Half half) {
  const uint32_t sign = static_cast<uint32_t>(half.bits & 0x8000u) << 16;
  const uint32_t magnitude = static_cast<uint32_t>(half.bits & 0x7FFFu) << 13;
  const uint32_t finite = float_bits(float_of_bits(magnitude) * 5.192296858534828e33f);  // 2^112
  const uint32_t special = magnitude | 0x7F800000u;  // infinity and NaN
  return float_of_bits(sign | (magnitude >= 0x7C00u << 13 ? special : finite));
}

[[nodiscard]] static inline Half float_to_half(float value) {
  const uint32_t bits = float_bits(value);
  const uint32_t sign = (bits >> 16) & 0x8000u;
  const uint32_t magnitude = bits & 0x7FFFFFFFu;
  const uint32_t odd = (magnitude >> 13) & 1u;
  const uint32_t normal = (magnitude - 0x38000000u + 0xFFFu + odd) >> 13;
  // the sum with 1/2 leaves multiples of 2^-24, a denormal's unit, in the last bits
  const uint32_t denormal = float_bits(float_of_bits(magnitude) + 0.5f) - 0x3F000000u;
  const uint32_t quiet_nan = 0x7E00u | ((magnitude >> 13) & 0x3FFu);
  uint32_t result = magnitude >= 0x38800000u ? normal : denormal;
  result = magnitude >= 0x477FF000u ? 0x7C00u : result;  // 65520 and more
  result = magnitude > 0x7F800000u ? quiet_nan : result;
  return Half{static_cast<uint16_t>(sign | result)};
}

#endif

// Rounded once: the float on the way is rounded to odd, which keeps what the second rounding needs.
[[nodiscard]] static inline Half double_to_half(double value) {
  const float nearest = static_cast<float>(value);
  if (static_cast<double>(nearest) == value || value != value) return float_to_half(nearest);
  const double size = value < 0.0 ? -value : value;
  const double rounded = value < 0.0 ? -static_cast<double>(nearest) : static_cast<double>(nearest);
  const uint32_t towards_zero = float_bits(nearest) - (rounded > size ? 1u : 0u);
  return float_to_half(float_of_bits(towards_zero | 1u));
}

}  // namespace lite
