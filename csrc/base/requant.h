// SPDX-License-Identifier: Apache-2.0
// The arithmetic of integers that stand for reals: real = (q - zero_point) * scale. Written a
// second time in lite/ir/quant.py; a test holds both together bit for bit, docs/quantization.md
// says why each step is as it is. All of it is single steps of IEEE single precision, without
// branches, so that compilers turn loops of them into vectors. Functions are static: files compiled
// with ISA flags include this and must export no weak symbol.
#pragma once

#include <cstdint>
#include <cstring>

namespace lite {

inline constexpr float kLeastScale = 7.888609052210118e-31f;     // 2^-100
inline constexpr float kGreatestScale = 1.2676506002282294e30f;  // 2^100

// Where integers may lie: lo <= zero_point + rounded steps <= hi, all within s16 and u8.
struct Placement {
  int32_t zero_point = 0, lo = -128, hi = 127;
};

// Half to even, for |x| < 2^22: the sum with 1.5 * 2^23 has no bits left for a fraction.
[[nodiscard]] static inline int32_t rounded(float x) {
  const float sum = x + 12582912.0f;
  int32_t bits;
  std::memcpy(&bits, &sum, sizeof(bits));
  return bits - 0x4B400000;
}

// clamp(rint(steps) + zero_point, lo, hi). Clamped before rounding: the bounds are integers, so the
// order is free, and nothing overflows. A NaN gives lo.
[[nodiscard]] static inline int32_t placed(float steps, const Placement& to) {
  const float low = static_cast<float>(to.lo - to.zero_point);
  const float high = static_cast<float>(to.hi - to.zero_point);
  const float above = steps > low ? steps : low;
  return rounded(above < high ? above : high) + to.zero_point;
}

// The nearest integer; a NaN gives the zero point.
[[nodiscard]] static inline int32_t quantize(float x, float scale, const Placement& to) {
  const float steps = x / scale;
  return placed(steps == steps ? steps : 0.0f, to);
}

// |q - zero_point| < 2^31
[[nodiscard]] static inline float dequantize(int32_t q, float scale, int32_t zero_point) {
  return static_cast<float>(q - zero_point) * scale;
}

// A sum's value in steps of the output.
[[nodiscard]] static inline float scaled(int32_t sum, float scale) {
  return static_cast<float>(sum) * scale;
}

// Steps as fixed-point arithmetic has them, which rounds to parts of a step first: the smallest
// part is the scale's power of two, and half of it more, away from 0, is what rounding twice comes
// to.
[[nodiscard]] static inline float rounded_before(float steps, float scale) {
  uint32_t sign, part;
  std::memcpy(&sign, &steps, sizeof(sign));
  std::memcpy(&part, &scale, sizeof(part));
  part = (part & 0x7F800000u) | (sign & 0x80000000u);
  float half;
  std::memcpy(&half, &part, sizeof(half));
  return steps + half;
}

[[nodiscard]] static inline int32_t requantize(int32_t sum, float scale, const Placement& to) {
  return placed(scaled(sum, scale), to);
}

// The residual's own zero point is already subtracted.
[[nodiscard]] static inline int32_t requantize(int32_t sum, float scale, int32_t residual,
                                               float residual_scale, const Placement& to) {
  return placed(scaled(sum, scale) + scaled(residual, residual_scale), to);
}

}  // namespace lite
