// SPDX-License-Identifier: Apache-2.0
// Small sums to bytes, by NEON; what is small, kernels/requantization.h says.
#pragma once

#include <arm_neon.h>

#include <cstdint>

#include "base/requant.h"
#include "kernels/requantization.h"
#include "simd/inline.h"

namespace lite {
namespace {

// st1 takes one step where str of a whole register takes two.
LITE_INLINE void store_bytes(int8_t* p, int8x16_t x) {
#if defined(__aarch64__)
  asm("st1 {%1.16b}, %0" : "=Q"(*reinterpret_cast<int8_t (*)[16]>(p)) : "w"(x));
#else
  vst1q_s8(p, x);
#endif
}

// Conversions between integers and floats, and narrowing that saturates, run at a fraction of the
// rate of what takes their place here: the float 1.5 * 2^23 + n has n in its low bits.
class SmallSums {
 public:
  using s32 = int32x4_t;
  using f32 = float32x4_t;
  // What is added to small sums, with their biases: the bits of 1.5 * 2^23.
  static constexpr int32_t kAdded = 0x4B400000;

  // The even part of a zero point is added with the middle, which leaves ties as they are.
  SmallSums() = default;
  // Sums that are not small, if only steps are, come as the bits of floats.
  explicit LITE_INLINE SmallSums(const Placement& to, bool are_small = true)
      : middle_(vdupq_n_f32(are_small ? 12582912.0f : 0.0f)),
        zero_(vdupq_n_f32(12582912.0f + static_cast<float>(to.zero_point & ~1))),
        odd_(vdupq_n_s16(static_cast<int16_t>(to.zero_point & 1))),
        lo_(vdupq_n_s8(static_cast<int8_t>(to.lo))),
        hi_(vdupq_n_s8(static_cast<int8_t>(to.hi))),
        saturates_((to.zero_point & 1) == 0 && to.lo == INT8_MIN && to.hi == INT8_MAX) {}

  // Sums, to which kAdded was added, as floats.
  [[nodiscard]] LITE_INLINE f32 as_floats(s32 sums) const {
    return vsubq_f32(vreinterpretq_f32_s32(sums), middle_);
  }
  // Steps, rounded half to even, with the even part of the zero point.
  [[nodiscard]] LITE_INLINE int16x8_t rounded(f32 a, f32 b) const {
    return low_halves(vreinterpretq_s16_f32(vaddq_f32(a, zero_)),
                      vreinterpretq_s16_f32(vaddq_f32(b, zero_)));
  }
  // Whether rounded steps only have to be saturated.
  [[nodiscard]] LITE_INLINE bool saturates() const { return saturates_; }
  static LITE_INLINE int8x16_t saturated(int16x8_t low, int16x8_t high) {
    return vcombine_s8(vqmovn_s16(low), vqmovn_s16(high));
  }
  [[nodiscard]] LITE_INLINE int8x16_t bounded(int16x8_t low, int16x8_t high) const {
    const int8x16_t bytes = saturated(vaddq_s16(low, odd_), vaddq_s16(high, odd_));
    return vmaxq_s8(lo_, vminq_s8(hi_, bytes));
  }

 private:
  // The lower halves of the elements of a, then of b.
#if defined(__aarch64__)
  static LITE_INLINE int16x8_t low_halves(int16x8_t a, int16x8_t b) { return vuzp1q_s16(a, b); }
#else
  static LITE_INLINE int16x8_t low_halves(int16x8_t a, int16x8_t b) {
    return vcombine_s16(vmovn_s32(vreinterpretq_s32_s16(a)), vmovn_s32(vreinterpretq_s32_s16(b)));
  }
#endif

  f32 middle_, zero_;
  int16x8_t odd_;
  int8x16_t lo_, hi_;
  bool saturates_;
};

// Bytes that are added to sums of the same places.
class Residuals {
 public:
  Residuals() = default;
  explicit LITE_INLINE Residuals(const Requantization& to)
      : above_(vdupq_n_f32(8388736.0f + static_cast<float>(to.residual_zero))),
        scale_(vdupq_n_f32(to.residual_scale)) {}

  // Adds 16, 8 or 4 of them, in steps.
  LITE_INLINE void add(const int8_t* p, float32x4_t (&steps)[4]) const { add(vld1q_s8(p), steps); }
  LITE_INLINE void add(const int8_t* p, float32x4_t (&steps)[2]) const {
    const int8x8_t eight = vld1_s8(p);
    add(vcombine_s8(eight, eight), steps);
  }
  LITE_INLINE void add(const int8_t* p, float32x4_t (&steps)[1]) const {
    int32_t four;
    __builtin_memcpy(&four, p, sizeof(four));
    add(vreinterpretq_s8_s32(vdupq_n_s32(four)), steps);
  }

 private:
  template <int kVectors>
  LITE_INLINE void add(int8x16_t bytes, float32x4_t (&steps)[kVectors]) const {
    const uint8x16_t above = veorq_u8(vreinterpretq_u8_s8(bytes), vdupq_n_u8(128));
    LITE_UNROLL
    for (int i = 0; i < kVectors; ++i) {
      const float32x4_t added = vsubq_f32(words(above, i), above_);
      steps[i] = vaddq_f32(steps[i], vmulq_f32(added, scale_));
    }
  }
  // The float 2^23 + n has the byte n in its lowest bits: those of bytes 4 * part to 4 * part + 3.
  static LITE_INLINE float32x4_t words(uint8x16_t bytes, int part) {
    const uint8x16x2_t pairs = vzipq_u8(bytes, vdupq_n_u8(0));
    const uint16x8x2_t words =
        vzipq_u16(vreinterpretq_u16_u8(pairs.val[part / 2]), vdupq_n_u16(0x4B00));
    return vreinterpretq_f32_u16(words.val[part % 2]);
  }

  float32x4_t above_, scale_;
};

}  // namespace
}  // namespace lite
