// SPDX-License-Identifier: Apache-2.0
// Trait of halves: the members of scalar.h that the families of halves need, where f32 is a vector
// of eight halves. What is loaded from floats is rounded to nearest.
#pragma once

// The trait of floats and the functions over it, for what halves are too short for.
#define Simd Floats
#include "simd/arm64_fp16.h"
#include "simd/math.h"
#undef Simd

#include <arm_neon.h>

#include <cstdint>

#include "base/half.h"
#include "simd/inline.h"

namespace lite {
namespace {

struct Simd {
  using Element = Half;
  using f32 = float16x8_t;
  using mask = uint16x8_t;
  static constexpr int kWidth = 8;
  static constexpr int kRegisters = 32;
  static constexpr int kLanes = 8;

  static LITE_INLINE const float16_t* halves(const Half* p) {
    return reinterpret_cast<const float16_t*>(p);
  }
  static LITE_INLINE float16_t* halves(Half* p) { return reinterpret_cast<float16_t*>(p); }

  using Eight = Half[kWidth];
  static LITE_INLINE const Eight& as_vector(const Half* p) {
    return *reinterpret_cast<const Eight*>(p);
  }
  static LITE_INLINE Eight& as_vector(Half* p) { return *reinterpret_cast<Eight*>(p); }

  static LITE_INLINE f32 load(const Half* p) { return vld1q_f16(halves(p)); }
  static LITE_INLINE f32 load(const float* p) { return narrow(vld1q_f32(p), vld1q_f32(p + 4)); }
  // Adjacent vectors, behind which p moves, in one step. Intrinsics would move p in steps of their
  // own, and keep the vectors of two loads at a time, for which there are no registers. Lanes are
  // taken of the lower half of the registers only.
  static LITE_INLINE void load_four(const Half*& p, f32 (&x)[4]) {
    register f32 x0 asm("v16");
    register f32 x1 asm("v17");
    register f32 x2 asm("v18");
    register f32 x3 asm("v19");
    asm volatile("ld1 {v16.8h-v19.8h}, [%4], #64"
                 : "=w"(x0), "=w"(x1), "=w"(x2), "=w"(x3), "+r"(p)::"memory");
    x[0] = x0, x[1] = x1, x[2] = x2, x[3] = x3;
  }
  static LITE_INLINE void load_three(const Half*& p, f32 (&x)[3]) {
    register f32 x0 asm("v0");
    register f32 x1 asm("v1");
    register f32 x2 asm("v2");
    asm volatile("ld1 {v0.8h-v2.8h}, [%3], #48" : "=w"(x0), "=w"(x1), "=w"(x2), "+r"(p)::"memory");
    x[0] = x0, x[1] = x1, x[2] = x2;
  }
  template <class T>
  static LITE_INLINE f32 load_partial(const T* p, int count) {
    if (count >= kWidth) return load(p);
    T whole[kWidth] = {};
    for (int i = 0; i < count; ++i) whole[i] = p[i];
    return load(whole);
  }
  static LITE_INLINE void store(Half* p, f32 x) { vst1q_f16(halves(p), x); }
  // st1 takes one step where str and stp of a whole register take two.
  static LITE_INLINE void store_alone(Half* p, f32 x) {
    asm("st1 {%1.8h}, %0" : "=Q"(as_vector(p)) : "w"(x));
  }
  static LITE_INLINE f32 load_step(const Half*& p, int64_t step) {
    f32 x;
    asm("ld1 {%0.8h}, [%1], %2"
        : "=w"(x), "+r"(p)
        : "r"(step * static_cast<int64_t>(sizeof(Half))), "m"(as_vector(p)));
    return x;
  }
  static LITE_INLINE void store_step(Half*& p, int64_t step, f32 x) {
    asm("st1 {%2.8h}, [%1], %3"
        : "=m"(as_vector(p)), "+r"(p)
        : "w"(x), "r"(step * static_cast<int64_t>(sizeof(Half))));
  }
  static LITE_INLINE void store_partial(Half* p, f32 x, int count) {
    if (count >= kWidth) return store(p, x);
    Half whole[kWidth];
    store(whole, x);
    for (int i = 0; i < count; ++i) p[i] = whole[i];
  }
  static LITE_INLINE void settle(f32& x) { asm volatile("" : "+w"(x)); }
  static LITE_INLINE f32 broadcast(float x) { return vdupq_n_f16(static_cast<float16_t>(x)); }
  static LITE_INLINE f32 broadcast(const Half* p) { return vld1q_dup_f16(halves(p)); }

  static LITE_INLINE f32 add(f32 a, f32 b) { return vaddq_f16(a, b); }
  static LITE_INLINE f32 sub(f32 a, f32 b) { return vsubq_f16(a, b); }
  static LITE_INLINE f32 mul(f32 a, f32 b) { return vmulq_f16(a, b); }
  static LITE_INLINE f32 fma(f32 a, f32 b, f32 c) { return vfmaq_f16(c, a, b); }
  template <int kLane>
  static LITE_INLINE f32 fma_lane(f32 a, f32 b, f32 c) {
    return vfmaq_laneq_f16(c, a, b, kLane);
  }
  static LITE_INLINE f32 min(f32 a, f32 b) { return vminq_f16(a, b); }
  static LITE_INLINE f32 max(f32 a, f32 b) { return vmaxq_f16(a, b); }
  static LITE_INLINE mask less(f32 a, f32 b) { return vcltq_f16(a, b); }
  static LITE_INLINE f32 select(mask m, f32 a, f32 b) { return vbslq_f16(m, a, b); }

  // Of pairs of halves.
  static LITE_INLINE void transpose_pairs(f32 (&rows)[4]) {
    Floats::f32 pairs[4];
    LITE_UNROLL
    for (int i = 0; i < 4; ++i) pairs[i] = vreinterpretq_f32_f16(rows[i]);
    Floats::transpose(pairs);
    LITE_UNROLL
    for (int i = 0; i < 4; ++i) rows[i] = vreinterpretq_f16_f32(pairs[i]);
  }

  static LITE_INLINE f32 narrow(Floats::f32 low, Floats::f32 high) {
    return vcvt_high_f16_f32(vcvt_f16_f32(low), high);
  }
  static LITE_INLINE Floats::f32 low(f32 x) { return vcvt_f32_f16(vget_low_f16(x)); }
  static LITE_INLINE Floats::f32 high(f32 x) { return vcvt_high_f32_f16(x); }
};

// 1 / (1 + e^-x)
LITE_INLINE Simd::f32 sigmoid_f32(Simd::f32 x) {
  return Simd::narrow(sigmoid_f32(Simd::low(x)), sigmoid_f32(Simd::high(x)));
}

}  // namespace
}  // namespace lite
