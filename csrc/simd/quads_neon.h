// SPDX-License-Identifier: Apache-2.0
// Quads of NEON. Without dot products of bytes, the four pixels are not zipped but multiplied one
// by one, 16 bits wide. Sums must be small.
#pragma once

#include <arm_neon.h>

#include "simd/quads.h"
#include "simd/small_sums_neon.h"

namespace lite {
namespace {

constexpr int kGreatestBlock = 16;
constexpr bool kQuadsOfSmallSums = true, kTwiceQuads = true;

#if defined(__ARM_FEATURE_DOTPROD)
constexpr bool kQuadsInOneStep = true, kNarrowQuads = false;

struct NeonProducts {
  using Part = int8x16_t;
  using Weight = int8_t;

  static LITE_INLINE void zip(const int8_t* const (&pixels)[4], Part (&parts)[4]) {
    const int8x16_t p0 = vld1q_s8(pixels[0]), p1 = vld1q_s8(pixels[1]);
    const int8x16_t p2 = vld1q_s8(pixels[2]), p3 = vld1q_s8(pixels[3]);
    const int16x8_t low01 = vreinterpretq_s16_s8(vzip1q_s8(p0, p1));
    const int16x8_t low23 = vreinterpretq_s16_s8(vzip1q_s8(p2, p3));
    const int16x8_t high01 = vreinterpretq_s16_s8(vzip2q_s8(p0, p1));
    const int16x8_t high23 = vreinterpretq_s16_s8(vzip2q_s8(p2, p3));
    parts[0] = vreinterpretq_s8_s16(vzip1q_s16(low01, low23));
    parts[1] = vreinterpretq_s8_s16(vzip2q_s16(low01, low23));
    parts[2] = vreinterpretq_s8_s16(vzip1q_s16(high01, high23));
    parts[3] = vreinterpretq_s8_s16(vzip2q_s16(high01, high23));
  }
  static constexpr int place(int tap, int channel) { return 4 * channel + tap; }
  static LITE_INLINE Part weights(const Weight* w) { return vld1q_s8(w); }
  // In the order of the statements: compilers would bring more together than there are registers.
  static LITE_INLINE int32x4_t dot(int32x4_t sum, Part x, Part w, int, int) {
    sum = vdotq_s32(sum, x, w);
    asm volatile("" : "+w"(sum));
    return sum;
  }
};
#else
constexpr bool kQuadsInOneStep = false, kNarrowQuads = false;

struct NeonProducts {
  struct Part {
    int16x4_t taps[4];
  };
  using Weight = int16_t;

  static LITE_INLINE void zip(const int8_t* const (&pixels)[4], Part (&parts)[4]) {
    LITE_UNROLL
    for (int i = 0; i < 4; ++i) {
      const int8x16_t bytes = vld1q_s8(pixels[i]);
      const int16x8_t low = vmovl_s8(vget_low_s8(bytes)), high = vmovl_s8(vget_high_s8(bytes));
      parts[0].taps[i] = vget_low_s16(low);
      parts[1].taps[i] = vget_high_s16(low);
      parts[2].taps[i] = vget_low_s16(high);
      parts[3].taps[i] = vget_high_s16(high);
    }
  }
  static constexpr int place(int tap, int channel) { return 4 * tap + channel; }
  static LITE_INLINE Part weights(const Weight* w) {
    return {{vld1_s16(w), vld1_s16(w + 4), vld1_s16(w + 8), vld1_s16(w + 12)}};
  }
  static LITE_INLINE int32x4_t dot(int32x4_t sum, const Part& x, const Part& w, int first,
                                   int end) {
    LITE_UNROLL
    for (int tap = 0; tap < 4; ++tap)
      if (tap >= first && tap < end) sum = vmlal_s16(sum, x.taps[tap], w.taps[tap]);
    asm volatile("" : "+w"(sum));
    return sum;
  }
};
#endif

template <>
struct Quads<16> : NeonProducts {
  using s32 = int32x4_t;
  using f32 = float32x4_t;
  static constexpr int kBlock = 16;
  static constexpr int kPartChannels = 4;
  static constexpr int kOffset = 0;
  static constexpr int32_t kAdded = SmallSums::kAdded;

  using Bounds = SmallSums;

  static LITE_INLINE s32 load(const int32_t* p) { return vld1q_s32(p); }
  static constexpr int channel(int part, int i) { return 4 * part + i; }
  static LITE_INLINE f32 load(const float* p) { return vld1q_f32(p); }
  static LITE_INLINE void store(int8_t* y, const s32 (&sums)[4], const f32 (&scales)[4],
                                const Bounds& bounds) {
    f32 steps[4];
    LITE_UNROLL
    for (int part = 0; part < 4; ++part)
      steps[part] = vmulq_f32(bounds.as_floats(sums[part]), scales[part]);
    place_steps(y, steps, bounds);
  }

 protected:
  static LITE_INLINE void place_steps(int8_t* y, const f32 (&steps)[4], const Bounds& bounds) {
    const int16x8_t low = bounds.rounded(steps[0], steps[1]);
    const int16x8_t high = bounds.rounded(steps[2], steps[3]);
    store_bytes(y, bounds.saturates() ? bounds.saturated(low, high) : bounds.bounded(low, high));
  }
};

template <>
struct TwiceQuads<16> : Quads<16> {
  static LITE_INLINE f32 rounded_before(f32 steps, f32 scale) {
    const s32 part = vandq_s32(vreinterpretq_s32_f32(scale), vdupq_n_s32(0x7F800000));
    const s32 sign = vandq_s32(vreinterpretq_s32_f32(steps), vdupq_n_s32(INT32_MIN));
    return vaddq_f32(steps, vreinterpretq_f32_s32(vorrq_s32(part, sign)));
  }
  static LITE_INLINE void store(int8_t* y, const s32 (&sums)[4], const f32 (&scales)[4],
                                const Bounds& bounds) {
    f32 steps[4];
    LITE_UNROLL
    for (int part = 0; part < 4; ++part)
      steps[part] =
          rounded_before(vmulq_f32(bounds.as_floats(sums[part]), scales[part]), scales[part]);
    place_steps(y, steps, bounds);
  }
};

}  // namespace
}  // namespace lite
