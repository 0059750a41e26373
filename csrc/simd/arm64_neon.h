// SPDX-License-Identifier: Apache-2.0
// Trait of AArch64's Advanced SIMD; the members' meaning is written in scalar.h.
#pragma once

#include <arm_neon.h>

#include <cstdint>

#include "simd/inline.h"

namespace lite {
namespace {

struct Simd {
  using Element = float;
  using f32 = float32x4_t;
  using s32 = int32x4_t;
  using mask = uint32x4_t;  // all bits of a lane, or none
  static constexpr int kWidth = 4;
  static constexpr int kRegisters = 32;
  static constexpr int kLanes = 4;

  static LITE_INLINE f32 load(const float* p) { return vld1q_f32(p); }
  static LITE_INLINE s32 load(const int32_t* p) { return vld1q_s32(p); }
  static LITE_INLINE f32 load_as_f32(const int8_t* p) {
    int32_t bytes;
    __builtin_memcpy(&bytes, p, sizeof(bytes));
    return to_f32(vmovl_s16(vget_low_s16(vmovl_s8(vreinterpret_s8_s32(vdup_n_s32(bytes))))));
  }
  static LITE_INLINE f32 load_as_f32(const int16_t* p) { return to_f32(vmovl_s16(vld1_s16(p))); }
  static LITE_INLINE f32 load_partial(const float* p, int count) {
    if (count >= kWidth) return load(p);
    f32 x = vdupq_n_f32(0.0f);
    if (count > 0) x = vld1q_lane_f32(p, x, 0);
    if (count > 1) x = vld1q_lane_f32(p + 1, x, 1);
    if (count > 2) x = vld1q_lane_f32(p + 2, x, 2);
    return x;
  }
  static LITE_INLINE s32 load_partial(const int32_t* p, int count) {
    return bits(load_partial(reinterpret_cast<const float*>(p), count));
  }
  static LITE_INLINE void store(float* p, f32 x) { vst1q_f32(p, x); }
  static LITE_INLINE void store(int32_t* p, s32 x) { vst1q_s32(p, x); }
  // st1 takes one step where str and stp of a whole register take two.
  static LITE_INLINE void store_alone(float* p, f32 x) {
    asm("st1 {%1.4s}, %0" : "=Q"(*reinterpret_cast<float (*)[kWidth]>(p)) : "w"(x));
  }
  // Likewise; p moves behind it.
  static LITE_INLINE void store_next(float*& p, f32 x) {
    asm volatile("st1 {%1.4s}, [%0], #16" : "+r"(p) : "w"(x) : "memory");
  }
  static LITE_INLINE f32 load_step(const float*& p, int64_t step) {
    const f32 x = load(p);
    p += step;
    return x;
  }
  static LITE_INLINE void store_step(float*& p, int64_t step, f32 x) {
    store_alone(p, x);
    p += step;
  }
  static LITE_INLINE void store_partial(float* p, f32 x, int count) {
    if (count >= kWidth) return store(p, x);
    if (count > 0) vst1q_lane_f32(p, x, 0);
    if (count > 1) vst1q_lane_f32(p + 1, x, 1);
    if (count > 2) vst1q_lane_f32(p + 2, x, 2);
  }
  static LITE_INLINE void store_partial(int32_t* p, s32 x, int count) {
    store_partial(reinterpret_cast<float*>(p), from_bits(x), count);
  }
  static LITE_INLINE s32 load_s8(const int8_t* p) {
    int32_t bytes;
    __builtin_memcpy(&bytes, p, sizeof(bytes));
    return vmovl_s16(vget_low_s16(vmovl_s8(vreinterpret_s8_s32(vdup_n_s32(bytes)))));
  }
  static LITE_INLINE void store_s8(int8_t* p, s32 x) {
    const int16x4_t halves = vmovn_s32(x);
    const int8x8_t quads = vmovn_s16(vcombine_s16(halves, halves));
    const int32_t bytes = vget_lane_s32(vreinterpret_s32_s8(quads), 0);
    __builtin_memcpy(p, &bytes, sizeof(bytes));
  }
  struct Bounds {
    int32_t added, lo, hi;
  };
  static LITE_INLINE Bounds bounds(int32_t added, int32_t lo, int32_t hi) {
    return {added, lo - added, hi - added};
  }
  // Bounds are within 16 bits.
  static LITE_INLINE int16x8_t bounded(s32 a, s32 b, const Bounds& to) {
    const int16x8_t x = vqmovn_high_s32(vqmovn_s32(a), b);
    const int16x8_t lo = vdupq_n_s16(static_cast<int16_t>(to.lo));
    const int16x8_t hi = vdupq_n_s16(static_cast<int16_t>(to.hi));
    return vaddq_s16(vminq_s16(vmaxq_s16(x, lo), hi), vdupq_n_s16(static_cast<int16_t>(to.added)));
  }
  template <int kCount>
  static LITE_INLINE void store_bounded_s8(int8_t* p, const s32 (&x)[kCount], const Bounds& to) {
    if constexpr (kCount == 4) {
      const int16x8_t low = bounded(x[0], x[1], to), high = bounded(x[2], x[3], to);
      vst1q_s8(p, vuzp1q_s8(vreinterpretq_s8_s16(low), vreinterpretq_s8_s16(high)));
      return;
    }
    LITE_UNROLL
    for (int i = 0; i < kCount; ++i)
      store_s8(p + i * kWidth,
               add(min(max(x[i], broadcast(to.lo)), broadcast(to.hi)), broadcast(to.added)));
  }
  static LITE_INLINE s32 load_s8_partial(const int8_t* p, int count) {
    int8_t bytes[kWidth] = {};
    for (int i = 0; i < count; ++i) bytes[i] = p[i];
    return load_s8(bytes);
  }
  template <int kCount>
  static LITE_INLINE void store_bounded_s8_partial(int8_t* p, const s32 (&x)[kCount],
                                                   const Bounds& to, int count) {
    int8_t bytes[kCount * kWidth];
    store_bounded_s8(bytes, x, to);
    for (int i = 0; i < count; ++i) p[i] = bytes[i];
  }
  static LITE_INLINE void settle(f32& x) { asm volatile("" : "+w"(x)); }
  static LITE_INLINE f32 broadcast(float x) { return vdupq_n_f32(x); }
  static LITE_INLINE s32 broadcast(int32_t x) { return vdupq_n_s32(x); }
  static LITE_INLINE s32 iota() { return s32{0, 1, 2, 3}; }

  static LITE_INLINE f32 add(f32 a, f32 b) { return vaddq_f32(a, b); }
  static LITE_INLINE f32 sub(f32 a, f32 b) { return vsubq_f32(a, b); }
  static LITE_INLINE f32 mul(f32 a, f32 b) { return vmulq_f32(a, b); }
  static LITE_INLINE f32 div(f32 a, f32 b) { return vdivq_f32(a, b); }
  static LITE_INLINE f32 fma(f32 a, f32 b, f32 c) { return vfmaq_f32(c, a, b); }
  static LITE_INLINE f32 fnma(f32 a, f32 b, f32 c) { return vfmsq_f32(c, a, b); }
  template <int kLane>
  static LITE_INLINE f32 fma_lane(f32 a, f32 b, f32 c) {
    return vfmaq_laneq_f32(c, a, b, kLane);
  }
  static LITE_INLINE f32 sqrt(f32 x) { return vsqrtq_f32(x); }
  static LITE_INLINE f32 neg(f32 x) { return vnegq_f32(x); }
  static LITE_INLINE f32 abs(f32 x) { return vabsq_f32(x); }
  static LITE_INLINE f32 min(f32 a, f32 b) { return vminq_f32(a, b); }
  static LITE_INLINE f32 max(f32 a, f32 b) { return vmaxq_f32(a, b); }
  static LITE_INLINE f32 floor(f32 x) { return vrndmq_f32(x); }
  static LITE_INLINE f32 ceil(f32 x) { return vrndpq_f32(x); }
  static LITE_INLINE f32 trunc(f32 x) { return vrndq_f32(x); }
  static LITE_INLINE f32 round(f32 x) { return vrndnq_f32(x); }
  static LITE_INLINE f32 ldexp(f32 x, f32 n) {
    const s32 whole = truncate_to_s32(n);
    const s32 half = shift_right_arithmetic<1>(whole);
    return mul(mul(x, pow2(half)), pow2(sub(whole, half)));
  }

  static LITE_INLINE s32 add(s32 a, s32 b) { return vaddq_s32(a, b); }
  static LITE_INLINE s32 sub(s32 a, s32 b) { return vsubq_s32(a, b); }
  static LITE_INLINE s32 mul(s32 a, s32 b) { return vmulq_s32(a, b); }
  static LITE_INLINE s32 neg(s32 x) { return vnegq_s32(x); }
  static LITE_INLINE s32 abs(s32 x) { return vabsq_s32(x); }
  static LITE_INLINE s32 min(s32 a, s32 b) { return vminq_s32(a, b); }
  static LITE_INLINE s32 max(s32 a, s32 b) { return vmaxq_s32(a, b); }
  static LITE_INLINE s32 bit_and(s32 a, s32 b) { return vandq_s32(a, b); }
  static LITE_INLINE s32 bit_or(s32 a, s32 b) { return vorrq_s32(a, b); }
  static LITE_INLINE s32 bit_xor(s32 a, s32 b) { return veorq_s32(a, b); }
  template <int kBits>
  static LITE_INLINE s32 shift_left(s32 x) {
    return vshlq_n_s32(x, kBits);
  }
  template <int kBits>
  static LITE_INLINE s32 shift_right_arithmetic(s32 x) {
    return vshrq_n_s32(x, kBits);
  }
  template <int kBits>
  static LITE_INLINE s32 shift_right_logical(s32 x) {
    return vreinterpretq_s32_u32(vshrq_n_u32(vreinterpretq_u32_s32(x), kBits));
  }

  static LITE_INLINE f32 to_f32(s32 x) { return vcvtq_f32_s32(x); }
  static LITE_INLINE s32 truncate_to_s32(f32 x) { return vcvtq_s32_f32(x); }
  static LITE_INLINE s32 round_to_s32(f32 x) { return vcvtnq_s32_f32(x); }
  static LITE_INLINE s32 bits(f32 x) { return vreinterpretq_s32_f32(x); }
  static LITE_INLINE f32 from_bits(s32 x) { return vreinterpretq_f32_s32(x); }
  static LITE_INLINE f32 pow2(s32 n) {
    return from_bits(shift_left<23>(add(n, broadcast(int32_t{127}))));
  }

  static LITE_INLINE mask equal(f32 a, f32 b) { return vceqq_f32(a, b); }
  static LITE_INLINE mask less(f32 a, f32 b) { return vcltq_f32(a, b); }
  static LITE_INLINE mask less_equal(f32 a, f32 b) { return vcleq_f32(a, b); }
  static LITE_INLINE mask equal(s32 a, s32 b) { return vceqq_s32(a, b); }
  static LITE_INLINE mask less(s32 a, s32 b) { return vcltq_s32(a, b); }
  static LITE_INLINE mask less_equal(s32 a, s32 b) { return vcleq_s32(a, b); }
  static LITE_INLINE mask is_nan(f32 x) { return vmvnq_u32(vceqq_f32(x, x)); }
  static LITE_INLINE mask mask_and(mask a, mask b) { return vandq_u32(a, b); }
  static LITE_INLINE mask mask_or(mask a, mask b) { return vorrq_u32(a, b); }
  static LITE_INLINE mask mask_not(mask a) { return vmvnq_u32(a); }
  static LITE_INLINE bool any(mask m) { return vmaxvq_u32(m) != 0; }
  static LITE_INLINE bool all(mask m) { return vminvq_u32(m) != 0; }
  static LITE_INLINE f32 select(mask m, f32 a, f32 b) { return vbslq_f32(m, a, b); }
  static LITE_INLINE s32 select(mask m, s32 a, s32 b) { return vbslq_s32(m, a, b); }

  static LITE_INLINE float reduce_add(f32 x) { return vaddvq_f32(x); }
  static LITE_INLINE float reduce_max(f32 x) { return vmaxvq_f32(x); }
  static LITE_INLINE float reduce_min(f32 x) { return vminvq_f32(x); }
  static LITE_INLINE int32_t reduce_add(s32 x) { return vaddvq_s32(x); }
  static LITE_INLINE int32_t reduce_max(s32 x) { return vmaxvq_s32(x); }
  static LITE_INLINE int32_t reduce_min(s32 x) { return vminvq_s32(x); }

  static LITE_INLINE void transpose(f32 (&rows)[kWidth]) {
    const float32x4x2_t top = vtrnq_f32(rows[0], rows[1]);
    const float32x4x2_t bottom = vtrnq_f32(rows[2], rows[3]);
    rows[0] = vcombine_f32(vget_low_f32(top.val[0]), vget_low_f32(bottom.val[0]));
    rows[1] = vcombine_f32(vget_low_f32(top.val[1]), vget_low_f32(bottom.val[1]));
    rows[2] = vcombine_f32(vget_high_f32(top.val[0]), vget_high_f32(bottom.val[0]));
    rows[3] = vcombine_f32(vget_high_f32(top.val[1]), vget_high_f32(bottom.val[1]));
  }
};

}  // namespace
}  // namespace lite
