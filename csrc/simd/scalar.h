// SPDX-License-Identifier: Apache-2.0
// Trait of plain C++, one lane wide. It is also where the members' meaning is written down; the
// other traits have the same members. A trait lives in an anonymous namespace, like everything that
// is instantiated from it: a file compiled with ISA flags must export no weak symbol.
#pragma once

#include <cstdint>
#include <cstring>

#include "simd/inline.h"

namespace lite {
namespace {

struct Simd {
  using Element = float;  // what vectors are of in memory
  using f32 = float;      // a vector of kWidth floats
  using s32 = int32_t;    // a vector of kWidth integers
  using mask = bool;      // kWidth truth values
  static constexpr int kWidth = 1;
  static constexpr int kRegisters = 16;  // how many vectors a kernel may keep alive
  // Lanes of a vector that a multiply-add can take one by one. If there are several, a trait has
  //   fma_lane<kLane>(a, b, c)   a * b[kLane] + c
  //   store_alone(p, x)          store where the address is not one of several at fixed distances
  //   store_next(p, x)           likewise, and p moves behind it
  //   load_step(p, step)         load, and store_step(p, step, x) store; p moves by `step` elements
  static constexpr int kLanes = 1;

  // Memory. No alignment is needed. The partial ones touch only the first `count` elements
  // (0 <= count <= kWidth); lanes that were not loaded are 0.
  static LITE_INLINE f32 load(const float* p) { return *p; }
  static LITE_INLINE s32 load(const int32_t* p) { return *p; }
  static LITE_INLINE f32 load_as_f32(const int8_t* p) { return static_cast<float>(*p); }
  static LITE_INLINE f32 load_as_f32(const int16_t* p) { return static_cast<float>(*p); }
  static LITE_INLINE f32 load_partial(const float* p, int count) { return count > 0 ? *p : 0.0f; }
  static LITE_INLINE s32 load_partial(const int32_t* p, int count) { return count > 0 ? *p : 0; }
  static LITE_INLINE void store(float* p, f32 x) { *p = x; }
  static LITE_INLINE void store(int32_t* p, s32 x) { *p = x; }
  // Nothing; but the compiler computes x before it, and what needs x behind it.
  static LITE_INLINE void settle(f32& x) { static_cast<void>(x); }
  static LITE_INLINE void store_partial(float* p, f32 x, int count) {
    if (count > 0) *p = x;
  }
  static LITE_INLINE void store_partial(int32_t* p, s32 x, int count) {
    if (count > 0) *p = x;
  }
  // Bytes as integers; what is stored must lie in a byte's range.
  static LITE_INLINE s32 load_s8(const int8_t* p) { return *p; }
  static LITE_INLINE void store_s8(int8_t* p, s32 x) { *p = static_cast<int8_t>(x); }
  // x + added of several vectors, bounded by the bytes lo and hi; added is a byte, too.
  struct Bounds {
    int32_t added, lo, hi;
  };
  static LITE_INLINE Bounds bounds(int32_t added, int32_t lo, int32_t hi) {
    return {added, lo - added, hi - added};
  }
  template <int kCount>
  static LITE_INLINE void store_bounded_s8(int8_t* p, const s32 (&x)[kCount], const Bounds& to) {
    LITE_UNROLL
    for (int i = 0; i < kCount; ++i)
      store_s8(p + i * kWidth,
               add(min(max(x[i], broadcast(to.lo)), broadcast(to.hi)), broadcast(to.added)));
  }
  // Only the first `count` bytes of all; those that were not loaded are 0.
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
  static LITE_INLINE f32 broadcast(float x) { return x; }
  static LITE_INLINE s32 broadcast(int32_t x) { return x; }
  static LITE_INLINE s32 iota() { return 0; }  // 0, 1, ... kWidth - 1

  // Floats. fma is a * b + c, fnma is c - a * b; rounded once where the ISA can.
  static LITE_INLINE f32 add(f32 a, f32 b) { return a + b; }
  static LITE_INLINE f32 sub(f32 a, f32 b) { return a - b; }
  static LITE_INLINE f32 mul(f32 a, f32 b) { return a * b; }
  static LITE_INLINE f32 div(f32 a, f32 b) { return a / b; }
  static LITE_INLINE f32 fma(f32 a, f32 b, f32 c) { return a * b + c; }
  static LITE_INLINE f32 fnma(f32 a, f32 b, f32 c) { return c - a * b; }
  static LITE_INLINE f32 sqrt(f32 x) { return __builtin_sqrtf(x); }
  static LITE_INLINE f32 neg(f32 x) { return -x; }
  static LITE_INLINE f32 abs(f32 x) { return __builtin_fabsf(x); }
  // A NaN in b comes through; with a NaN in a only, the result is NaN or b, depending on the ISA.
  static LITE_INLINE f32 min(f32 a, f32 b) { return a < b ? a : b; }
  static LITE_INLINE f32 max(f32 a, f32 b) { return a > b ? a : b; }
  static LITE_INLINE f32 floor(f32 x) { return __builtin_floorf(x); }
  static LITE_INLINE f32 ceil(f32 x) { return __builtin_ceilf(x); }
  static LITE_INLINE f32 trunc(f32 x) { return __builtin_truncf(x); }
  static LITE_INLINE f32 round(f32 x) { return __builtin_rintf(x); }  // half to even
  // x * 2^n for whole n in [-252, 254]; overflows to infinity, underflows gradually where the ISA
  // does.
  static LITE_INLINE f32 ldexp(f32 x, f32 n) {
    const s32 whole = truncate_to_s32(n);
    const s32 half = shift_right_arithmetic<1>(whole);
    return x * pow2(half) * pow2(sub(whole, half));
  }

  // Integers wrap around.
  static LITE_INLINE s32 add(s32 a, s32 b) { return wrap(unsign(a) + unsign(b)); }
  static LITE_INLINE s32 sub(s32 a, s32 b) { return wrap(unsign(a) - unsign(b)); }
  static LITE_INLINE s32 mul(s32 a, s32 b) { return wrap(unsign(a) * unsign(b)); }
  static LITE_INLINE s32 neg(s32 x) { return wrap(0u - unsign(x)); }
  static LITE_INLINE s32 abs(s32 x) { return x < 0 ? neg(x) : x; }
  static LITE_INLINE s32 min(s32 a, s32 b) { return a < b ? a : b; }
  static LITE_INLINE s32 max(s32 a, s32 b) { return a > b ? a : b; }
  static LITE_INLINE s32 bit_and(s32 a, s32 b) { return a & b; }
  static LITE_INLINE s32 bit_or(s32 a, s32 b) { return a | b; }
  static LITE_INLINE s32 bit_xor(s32 a, s32 b) { return a ^ b; }
  template <int kBits>
  static LITE_INLINE s32 shift_left(s32 x) {
    return wrap(unsign(x) << kBits);
  }
  template <int kBits>
  static LITE_INLINE s32 shift_right_arithmetic(s32 x) {
    return x >> kBits;
  }
  template <int kBits>
  static LITE_INLINE s32 shift_right_logical(s32 x) {
    return wrap(unsign(x) >> kBits);
  }

  // Between the two. Floats that no s32 can hold give an unspecified integer.
  static LITE_INLINE f32 to_f32(s32 x) { return static_cast<float>(x); }
  static LITE_INLINE s32 truncate_to_s32(f32 x) {
    return x >= -2147483648.0f && x < 2147483648.0f ? static_cast<int32_t>(x) : INT32_MIN;
  }
  static LITE_INLINE s32 round_to_s32(f32 x) { return truncate_to_s32(round(x)); }
  static LITE_INLINE s32 bits(f32 x) {
    s32 result;
    std::memcpy(&result, &x, sizeof(result));
    return result;
  }
  static LITE_INLINE f32 from_bits(s32 x) {
    f32 result;
    std::memcpy(&result, &x, sizeof(result));
    return result;
  }
  static LITE_INLINE f32 pow2(s32 n) {  // 2^n for n in [-126, 127]
    return from_bits(shift_left<23>(add(n, broadcast(int32_t{127}))));
  }

  // Comparisons with a NaN are false.
  static LITE_INLINE mask equal(f32 a, f32 b) { return a == b; }
  static LITE_INLINE mask less(f32 a, f32 b) { return a < b; }
  static LITE_INLINE mask less_equal(f32 a, f32 b) { return a <= b; }
  static LITE_INLINE mask equal(s32 a, s32 b) { return a == b; }
  static LITE_INLINE mask less(s32 a, s32 b) { return a < b; }
  static LITE_INLINE mask less_equal(s32 a, s32 b) { return a <= b; }
  static LITE_INLINE mask is_nan(f32 x) { return x != x; }
  static LITE_INLINE mask mask_and(mask a, mask b) { return a && b; }
  static LITE_INLINE mask mask_or(mask a, mask b) { return a || b; }
  static LITE_INLINE mask mask_not(mask a) { return !a; }
  static LITE_INLINE bool any(mask m) { return m; }
  static LITE_INLINE bool all(mask m) { return m; }
  static LITE_INLINE f32 select(mask m, f32 a, f32 b) { return m ? a : b; }  // a where m, else b
  static LITE_INLINE s32 select(mask m, s32 a, s32 b) { return m ? a : b; }

  // Across lanes; the order is fixed per ISA.
  static LITE_INLINE float reduce_add(f32 x) { return x; }
  static LITE_INLINE float reduce_max(f32 x) { return x; }
  static LITE_INLINE float reduce_min(f32 x) { return x; }
  static LITE_INLINE int32_t reduce_add(s32 x) { return x; }
  static LITE_INLINE int32_t reduce_max(s32 x) { return x; }
  static LITE_INLINE int32_t reduce_min(s32 x) { return x; }
  static LITE_INLINE void transpose(f32 (&rows)[kWidth]) {
    (void)rows;
  }  // rows[i][j] <-> rows[j][i]

 private:
  static LITE_INLINE uint32_t unsign(s32 x) { return static_cast<uint32_t>(x); }
  static LITE_INLINE s32 wrap(uint32_t x) { return static_cast<int32_t>(x); }
};

}  // namespace
}  // namespace lite
