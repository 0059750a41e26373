// SPDX-License-Identifier: Apache-2.0
// Trait of AVX2 with FMA; the members' meaning is written in scalar.h.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "simd/inline.h"

namespace lite {
namespace {

struct Simd {
  using Element = float;
  using f32 = __m256;
  using s32 = __m256i;
  using mask = __m256;  // all bits of a lane, or none
  static constexpr int kWidth = 8;
  static constexpr int kRegisters = 16;
  static constexpr int kLanes = 1;

  static LITE_INLINE f32 load(const float* p) { return _mm256_loadu_ps(p); }
  static LITE_INLINE s32 load(const int32_t* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  static LITE_INLINE f32 load_as_f32(const int8_t* p) {
    return to_f32(_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
  }
  static LITE_INLINE f32 load_as_f32(const int16_t* p) {
    return to_f32(_mm256_cvtepi16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
  }
  static LITE_INLINE f32 load_partial(const float* p, int count) {
    return _mm256_maskload_ps(p, first(count));
  }
  static LITE_INLINE s32 load_partial(const int32_t* p, int count) {
    return _mm256_maskload_epi32(p, first(count));
  }
  static LITE_INLINE void store(float* p, f32 x) { _mm256_storeu_ps(p, x); }
  static LITE_INLINE void store(int32_t* p, s32 x) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), x);
  }
  static LITE_INLINE void store_partial(float* p, f32 x, int count) {
    _mm256_maskstore_ps(p, first(count), x);
  }
  static LITE_INLINE void store_partial(int32_t* p, s32 x, int count) {
    _mm256_maskstore_epi32(p, first(count), x);
  }
  static LITE_INLINE s32 load_s8(const int8_t* p) {
    return _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
  }
  static LITE_INLINE void store_s8(int8_t* p, s32 x) {
    const __m256i halves = _mm256_packs_epi32(x, x), quads = _mm256_packs_epi16(halves, halves);
    _mm_storel_epi64(
        reinterpret_cast<__m128i*>(p),
        _mm_unpacklo_epi32(_mm256_castsi256_si128(quads), _mm256_extracti128_si256(quads, 1)));
  }
  struct Bounds {
    int32_t added, lo, hi;  // repeated, as 16 bits and as bytes
  };
  static LITE_INLINE Bounds bounds(int32_t added, int32_t lo, int32_t hi) {
    return {static_cast<int32_t>((added & 0xFFFFu) * 0x10001u),
            static_cast<int32_t>((lo & 0xFFu) * 0x01010101u),
            static_cast<int32_t>((hi & 0xFFu) * 0x01010101u)};
  }
  template <int kCount>
  static LITE_INLINE void store_bounded_s8(int8_t* p, const s32 (&x)[kCount], const Bounds& to) {
    static_assert(kCount <= 4, "more do not fit one vector of bytes");
    const s32 shift = broadcast(to.added);
    const s32 low = _mm256_packs_epi32(x[0], x[kCount > 1 ? 1 : 0]);
    const s32 high = kCount > 2 ? _mm256_packs_epi32(x[kCount > 2 ? 2 : 0], x[kCount - 1]) : low;
    s32 bytes = _mm256_packs_epi16(_mm256_adds_epi16(low, shift), _mm256_adds_epi16(high, shift));
    bytes = _mm256_max_epi8(bytes, broadcast(to.lo));
    bytes = _mm256_min_epi8(bytes, broadcast(to.hi));
    // Packing went by halves, each of which holds four bytes of each vector.
    bytes = _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
    if constexpr (kCount == 4) _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), bytes);
    if constexpr (kCount == 2 || kCount == 3)
      _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_castsi256_si128(bytes));
    if constexpr (kCount == 3)
      _mm_storel_epi64(reinterpret_cast<__m128i*>(p + 2 * kWidth),
                       _mm256_extracti128_si256(bytes, 1));
    if constexpr (kCount == 1)
      _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm256_castsi256_si128(bytes));
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
  static LITE_INLINE void settle(f32& x) { asm volatile("" : "+x"(x)); }
  static LITE_INLINE f32 broadcast(float x) { return _mm256_set1_ps(x); }
  static LITE_INLINE s32 broadcast(int32_t x) { return _mm256_set1_epi32(x); }
  static LITE_INLINE s32 iota() { return _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7); }

  static LITE_INLINE f32 add(f32 a, f32 b) { return _mm256_add_ps(a, b); }
  static LITE_INLINE f32 sub(f32 a, f32 b) { return _mm256_sub_ps(a, b); }
  static LITE_INLINE f32 mul(f32 a, f32 b) { return _mm256_mul_ps(a, b); }
  static LITE_INLINE f32 div(f32 a, f32 b) { return _mm256_div_ps(a, b); }
  static LITE_INLINE f32 fma(f32 a, f32 b, f32 c) { return _mm256_fmadd_ps(a, b, c); }
  static LITE_INLINE f32 fnma(f32 a, f32 b, f32 c) { return _mm256_fnmadd_ps(a, b, c); }
  static LITE_INLINE f32 sqrt(f32 x) { return _mm256_sqrt_ps(x); }
  static LITE_INLINE f32 neg(f32 x) { return _mm256_xor_ps(x, _mm256_set1_ps(-0.0f)); }
  static LITE_INLINE f32 abs(f32 x) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x); }
  static LITE_INLINE f32 min(f32 a, f32 b) { return _mm256_min_ps(a, b); }
  static LITE_INLINE f32 max(f32 a, f32 b) { return _mm256_max_ps(a, b); }
  static LITE_INLINE f32 floor(f32 x) { return _mm256_floor_ps(x); }
  static LITE_INLINE f32 ceil(f32 x) { return _mm256_ceil_ps(x); }
  static LITE_INLINE f32 trunc(f32 x) {
    return _mm256_round_ps(x, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
  }
  static LITE_INLINE f32 round(f32 x) {
    return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  static LITE_INLINE f32 ldexp(f32 x, f32 n) {
    const s32 whole = truncate_to_s32(n);
    const s32 half = shift_right_arithmetic<1>(whole);
    return mul(mul(x, pow2(half)), pow2(sub(whole, half)));
  }

  static LITE_INLINE s32 add(s32 a, s32 b) { return _mm256_add_epi32(a, b); }
  static LITE_INLINE s32 sub(s32 a, s32 b) { return _mm256_sub_epi32(a, b); }
  static LITE_INLINE s32 mul(s32 a, s32 b) { return _mm256_mullo_epi32(a, b); }
  static LITE_INLINE s32 neg(s32 x) { return _mm256_sub_epi32(_mm256_setzero_si256(), x); }
  static LITE_INLINE s32 abs(s32 x) { return _mm256_abs_epi32(x); }
  static LITE_INLINE s32 min(s32 a, s32 b) { return _mm256_min_epi32(a, b); }
  static LITE_INLINE s32 max(s32 a, s32 b) { return _mm256_max_epi32(a, b); }
  static LITE_INLINE s32 bit_and(s32 a, s32 b) { return _mm256_and_si256(a, b); }
  static LITE_INLINE s32 bit_or(s32 a, s32 b) { return _mm256_or_si256(a, b); }
  static LITE_INLINE s32 bit_xor(s32 a, s32 b) { return _mm256_xor_si256(a, b); }
  template <int kBits>
  static LITE_INLINE s32 shift_left(s32 x) {
    return _mm256_slli_epi32(x, kBits);
  }
  template <int kBits>
  static LITE_INLINE s32 shift_right_arithmetic(s32 x) {
    return _mm256_srai_epi32(x, kBits);
  }
  template <int kBits>
  static LITE_INLINE s32 shift_right_logical(s32 x) {
    return _mm256_srli_epi32(x, kBits);
  }

  static LITE_INLINE f32 to_f32(s32 x) { return _mm256_cvtepi32_ps(x); }
  static LITE_INLINE s32 truncate_to_s32(f32 x) { return _mm256_cvttps_epi32(x); }
  static LITE_INLINE s32 round_to_s32(f32 x) { return _mm256_cvttps_epi32(round(x)); }
  static LITE_INLINE s32 bits(f32 x) { return _mm256_castps_si256(x); }
  static LITE_INLINE f32 from_bits(s32 x) { return _mm256_castsi256_ps(x); }
  static LITE_INLINE f32 pow2(s32 n) {
    return from_bits(shift_left<23>(add(n, broadcast(int32_t{127}))));
  }

  static LITE_INLINE mask equal(f32 a, f32 b) { return _mm256_cmp_ps(a, b, _CMP_EQ_OQ); }
  static LITE_INLINE mask less(f32 a, f32 b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
  static LITE_INLINE mask less_equal(f32 a, f32 b) { return _mm256_cmp_ps(a, b, _CMP_LE_OQ); }
  static LITE_INLINE mask equal(s32 a, s32 b) { return from_bits(_mm256_cmpeq_epi32(a, b)); }
  static LITE_INLINE mask less(s32 a, s32 b) { return from_bits(_mm256_cmpgt_epi32(b, a)); }
  static LITE_INLINE mask less_equal(s32 a, s32 b) { return mask_not(less(b, a)); }
  static LITE_INLINE mask is_nan(f32 x) { return _mm256_cmp_ps(x, x, _CMP_UNORD_Q); }
  static LITE_INLINE mask mask_and(mask a, mask b) { return _mm256_and_ps(a, b); }
  static LITE_INLINE mask mask_or(mask a, mask b) { return _mm256_or_ps(a, b); }
  static LITE_INLINE mask mask_not(mask a) {
    return _mm256_xor_ps(a, from_bits(_mm256_set1_epi32(-1)));
  }
  static LITE_INLINE bool any(mask m) { return _mm256_movemask_ps(m) != 0; }
  static LITE_INLINE bool all(mask m) { return _mm256_movemask_ps(m) == 0xFF; }
  static LITE_INLINE f32 select(mask m, f32 a, f32 b) { return _mm256_blendv_ps(b, a, m); }
  static LITE_INLINE s32 select(mask m, s32 a, s32 b) {
    return bits(_mm256_blendv_ps(from_bits(b), from_bits(a), m));
  }

  static LITE_INLINE float reduce_add(f32 x) {
    __m128 sums = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    sums = _mm_add_ps(sums, _mm_movehl_ps(sums, sums));
    return _mm_cvtss_f32(_mm_add_ss(sums, _mm_movehdup_ps(sums)));
  }
  static LITE_INLINE float reduce_max(f32 x) {
    __m128 best = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    best = _mm_max_ps(best, _mm_movehl_ps(best, best));
    return _mm_cvtss_f32(_mm_max_ss(best, _mm_movehdup_ps(best)));
  }
  static LITE_INLINE float reduce_min(f32 x) {
    __m128 best = _mm_min_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    best = _mm_min_ps(best, _mm_movehl_ps(best, best));
    return _mm_cvtss_f32(_mm_min_ss(best, _mm_movehdup_ps(best)));
  }
  static LITE_INLINE int32_t reduce_add(s32 x) {
    __m128i sums = _mm_add_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    sums = _mm_add_epi32(sums, _mm_shuffle_epi32(sums, 0x4E));
    return _mm_cvtsi128_si32(_mm_add_epi32(sums, _mm_shuffle_epi32(sums, 0xB1)));
  }
  static LITE_INLINE int32_t reduce_max(s32 x) {
    __m128i best = _mm_max_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    best = _mm_max_epi32(best, _mm_shuffle_epi32(best, 0x4E));
    return _mm_cvtsi128_si32(_mm_max_epi32(best, _mm_shuffle_epi32(best, 0xB1)));
  }
  static LITE_INLINE int32_t reduce_min(s32 x) {
    __m128i best = _mm_min_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    best = _mm_min_epi32(best, _mm_shuffle_epi32(best, 0x4E));
    return _mm_cvtsi128_si32(_mm_min_epi32(best, _mm_shuffle_epi32(best, 0xB1)));
  }

  static LITE_INLINE void transpose(f32 (&rows)[kWidth]) {
    f32 pairs[kWidth], quads[kWidth];
    LITE_UNROLL
    for (int i = 0; i < kWidth; i += 2) {
      pairs[i] = _mm256_unpacklo_ps(rows[i], rows[i + 1]);
      pairs[i + 1] = _mm256_unpackhi_ps(rows[i], rows[i + 1]);
    }
    LITE_UNROLL
    for (int i = 0; i < kWidth; i += 4) {
      quads[i] = _mm256_shuffle_ps(pairs[i], pairs[i + 2], 0x44);
      quads[i + 1] = _mm256_shuffle_ps(pairs[i], pairs[i + 2], 0xEE);
      quads[i + 2] = _mm256_shuffle_ps(pairs[i + 1], pairs[i + 3], 0x44);
      quads[i + 3] = _mm256_shuffle_ps(pairs[i + 1], pairs[i + 3], 0xEE);
    }
    LITE_UNROLL
    for (int i = 0; i < 4; ++i) {
      rows[i] = _mm256_permute2f128_ps(quads[i], quads[i + 4], 0x20);
      rows[i + 4] = _mm256_permute2f128_ps(quads[i], quads[i + 4], 0x31);
    }
  }

 private:
  static LITE_INLINE __m256i first(int count) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), iota());
  }
};

}  // namespace
}  // namespace lite
