// SPDX-License-Identifier: Apache-2.0
// Trait of AVX-512 (F, BW, DQ, VL); the members' meaning is written in scalar.h.
#pragma once

#if defined(__GNUC__) && !defined(__clang__)  // GCC 12 warns of its own header's undefined vectors
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop
#else
#include <immintrin.h>
#endif

#include <cstdint>

#include "simd/inline.h"

namespace lite {
namespace {

struct Simd {
  using Element = float;
  using f32 = __m512;
  using s32 = __m512i;
  using mask = __mmask16;
  static constexpr int kWidth = 16;
  static constexpr int kRegisters = 32;
  static constexpr int kLanes = 1;

  static LITE_INLINE f32 load(const float* p) { return _mm512_loadu_ps(p); }
  static LITE_INLINE s32 load(const int32_t* p) { return _mm512_loadu_si512(p); }
  static LITE_INLINE f32 load_as_f32(const int8_t* p) {
    return to_f32(_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
  }
  static LITE_INLINE f32 load_as_f32(const int16_t* p) {
    return to_f32(_mm512_cvtepi16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))));
  }
  static LITE_INLINE f32 load_partial(const float* p, int count) {
    return _mm512_maskz_loadu_ps(first(count), p);
  }
  static LITE_INLINE s32 load_partial(const int32_t* p, int count) {
    return _mm512_maskz_loadu_epi32(first(count), p);
  }
  static LITE_INLINE void store(float* p, f32 x) { _mm512_storeu_ps(p, x); }
  static LITE_INLINE void store(int32_t* p, s32 x) { _mm512_storeu_si512(p, x); }
  static LITE_INLINE void store_partial(float* p, f32 x, int count) {
    _mm512_mask_storeu_ps(p, first(count), x);
  }
  static LITE_INLINE void store_partial(int32_t* p, s32 x, int count) {
    _mm512_mask_storeu_epi32(p, first(count), x);
  }
  static LITE_INLINE s32 load_s8(const int8_t* p) {
    return _mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  static LITE_INLINE void store_s8(int8_t* p, s32 x) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(x));
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
    const s32 bytes = bounded(x, to);
    if constexpr (kCount == 4) _mm512_storeu_si512(p, bytes);
    if constexpr (kCount == 2 || kCount == 3)
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_castsi512_si256(bytes));
    if constexpr (kCount % 2 == 1)
      _mm_storeu_si128(reinterpret_cast<__m128i*>(p + (kCount - 1) * kWidth),
                       _mm512_extracti32x4_epi32(bytes, kCount - 1));
  }
  static LITE_INLINE s32 load_s8_partial(const int8_t* p, int count) {
    return _mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(first(count), p));
  }
  template <int kCount>
  static LITE_INLINE void store_bounded_s8_partial(int8_t* p, const s32 (&x)[kCount],
                                                   const Bounds& to, int count) {
    const __mmask64 existing = count < 64 ? (uint64_t{1} << count) - 1 : ~uint64_t{0};
    _mm512_mask_storeu_epi8(p, existing, bounded(x, to));
  }
  static LITE_INLINE void settle(f32& x) { asm volatile("" : "+v"(x)); }
  static LITE_INLINE f32 broadcast(float x) { return _mm512_set1_ps(x); }
  static LITE_INLINE s32 broadcast(int32_t x) { return _mm512_set1_epi32(x); }
  static LITE_INLINE s32 iota() {
    return _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  }

  static LITE_INLINE f32 add(f32 a, f32 b) { return _mm512_add_ps(a, b); }
  static LITE_INLINE f32 sub(f32 a, f32 b) { return _mm512_sub_ps(a, b); }
  static LITE_INLINE f32 mul(f32 a, f32 b) { return _mm512_mul_ps(a, b); }
  static LITE_INLINE f32 div(f32 a, f32 b) { return _mm512_div_ps(a, b); }
  static LITE_INLINE f32 fma(f32 a, f32 b, f32 c) { return _mm512_fmadd_ps(a, b, c); }
  // Of the lower halves; what the upper half holds then is not defined.
  static LITE_INLINE f32 fma_low(f32 a, f32 b, f32 c) {
    return _mm512_castps256_ps512(_mm256_fmadd_ps(
        _mm512_castps512_ps256(a), _mm512_castps512_ps256(b), _mm512_castps512_ps256(c)));
  }
  static LITE_INLINE f32 fnma(f32 a, f32 b, f32 c) { return _mm512_fnmadd_ps(a, b, c); }
  static LITE_INLINE f32 sqrt(f32 x) { return _mm512_sqrt_ps(x); }
  static LITE_INLINE f32 neg(f32 x) { return _mm512_xor_ps(x, _mm512_set1_ps(-0.0f)); }
  static LITE_INLINE f32 abs(f32 x) { return _mm512_andnot_ps(_mm512_set1_ps(-0.0f), x); }
  static LITE_INLINE f32 min(f32 a, f32 b) { return _mm512_min_ps(a, b); }
  static LITE_INLINE f32 max(f32 a, f32 b) { return _mm512_max_ps(a, b); }
  static LITE_INLINE f32 floor(f32 x) {
    return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
  }
  static LITE_INLINE f32 ceil(f32 x) {
    return _mm512_roundscale_ps(x, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC);
  }
  static LITE_INLINE f32 trunc(f32 x) {
    return _mm512_roundscale_ps(x, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
  }
  static LITE_INLINE f32 round(f32 x) {
    return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  static LITE_INLINE f32 ldexp(f32 x, f32 n) { return _mm512_scalef_ps(x, n); }

  static LITE_INLINE s32 add(s32 a, s32 b) { return _mm512_add_epi32(a, b); }
  static LITE_INLINE s32 sub(s32 a, s32 b) { return _mm512_sub_epi32(a, b); }
  static LITE_INLINE s32 mul(s32 a, s32 b) { return _mm512_mullo_epi32(a, b); }
  static LITE_INLINE s32 neg(s32 x) { return _mm512_sub_epi32(_mm512_setzero_si512(), x); }
  static LITE_INLINE s32 abs(s32 x) { return _mm512_abs_epi32(x); }
  static LITE_INLINE s32 min(s32 a, s32 b) { return _mm512_min_epi32(a, b); }
  static LITE_INLINE s32 max(s32 a, s32 b) { return _mm512_max_epi32(a, b); }
  static LITE_INLINE s32 bit_and(s32 a, s32 b) { return _mm512_and_si512(a, b); }
  static LITE_INLINE s32 bit_or(s32 a, s32 b) { return _mm512_or_si512(a, b); }
  static LITE_INLINE s32 bit_xor(s32 a, s32 b) { return _mm512_xor_si512(a, b); }
  template <int kBits>
  static LITE_INLINE s32 shift_left(s32 x) {
    return _mm512_slli_epi32(x, kBits);
  }
  template <int kBits>
  static LITE_INLINE s32 shift_right_arithmetic(s32 x) {
    return _mm512_srai_epi32(x, kBits);
  }
  template <int kBits>
  static LITE_INLINE s32 shift_right_logical(s32 x) {
    return _mm512_srli_epi32(x, kBits);
  }

  static LITE_INLINE f32 to_f32(s32 x) { return _mm512_cvtepi32_ps(x); }
  static LITE_INLINE s32 truncate_to_s32(f32 x) { return _mm512_cvttps_epi32(x); }
  static LITE_INLINE s32 round_to_s32(f32 x) {
    return _mm512_cvt_roundps_epi32(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  static LITE_INLINE s32 bits(f32 x) { return _mm512_castps_si512(x); }
  static LITE_INLINE f32 from_bits(s32 x) { return _mm512_castsi512_ps(x); }
  static LITE_INLINE f32 pow2(s32 n) {
    return from_bits(shift_left<23>(add(n, broadcast(int32_t{127}))));
  }

  static LITE_INLINE mask equal(f32 a, f32 b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
  static LITE_INLINE mask less(f32 a, f32 b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
  static LITE_INLINE mask less_equal(f32 a, f32 b) { return _mm512_cmp_ps_mask(a, b, _CMP_LE_OQ); }
  static LITE_INLINE mask equal(s32 a, s32 b) { return _mm512_cmpeq_epi32_mask(a, b); }
  static LITE_INLINE mask less(s32 a, s32 b) { return _mm512_cmplt_epi32_mask(a, b); }
  static LITE_INLINE mask less_equal(s32 a, s32 b) { return _mm512_cmple_epi32_mask(a, b); }
  static LITE_INLINE mask is_nan(f32 x) { return _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q); }
  static LITE_INLINE mask mask_and(mask a, mask b) { return static_cast<mask>(a & b); }
  static LITE_INLINE mask mask_or(mask a, mask b) { return static_cast<mask>(a | b); }
  static LITE_INLINE mask mask_not(mask a) { return static_cast<mask>(~a); }
  static LITE_INLINE bool any(mask m) { return m != 0; }
  static LITE_INLINE bool all(mask m) { return m == 0xFFFF; }
  static LITE_INLINE f32 select(mask m, f32 a, f32 b) { return _mm512_mask_blend_ps(m, b, a); }
  static LITE_INLINE s32 select(mask m, s32 a, s32 b) { return _mm512_mask_blend_epi32(m, b, a); }

  static LITE_INLINE float reduce_add(f32 x) { return _mm512_reduce_add_ps(x); }
  static LITE_INLINE float reduce_max(f32 x) { return _mm512_reduce_max_ps(x); }
  static LITE_INLINE float reduce_min(f32 x) { return _mm512_reduce_min_ps(x); }
  static LITE_INLINE int32_t reduce_add(s32 x) { return _mm512_reduce_add_epi32(x); }
  static LITE_INLINE int32_t reduce_max(s32 x) { return _mm512_reduce_max_epi32(x); }
  static LITE_INLINE int32_t reduce_min(s32 x) { return _mm512_reduce_min_epi32(x); }

  static LITE_INLINE void transpose(f32 (&rows)[kWidth]) {
    f32 pairs[kWidth], quads[kWidth];
    LITE_UNROLL
    for (int i = 0; i < kWidth; i += 2) {
      pairs[i] = _mm512_unpacklo_ps(rows[i], rows[i + 1]);
      pairs[i + 1] = _mm512_unpackhi_ps(rows[i], rows[i + 1]);
    }
    LITE_UNROLL
    for (int i = 0; i < kWidth; i += 4) {
      quads[i] = _mm512_shuffle_ps(pairs[i], pairs[i + 2], 0x44);
      quads[i + 1] = _mm512_shuffle_ps(pairs[i], pairs[i + 2], 0xEE);
      quads[i + 2] = _mm512_shuffle_ps(pairs[i + 1], pairs[i + 3], 0x44);
      quads[i + 3] = _mm512_shuffle_ps(pairs[i + 1], pairs[i + 3], 0xEE);
    }
    LITE_UNROLL
    for (int i = 0; i < 4; ++i) {
      const f32 low_even = _mm512_shuffle_f32x4(quads[i], quads[i + 4], 0x88);
      const f32 low_odd = _mm512_shuffle_f32x4(quads[i], quads[i + 4], 0xDD);
      const f32 high_even = _mm512_shuffle_f32x4(quads[i + 8], quads[i + 12], 0x88);
      const f32 high_odd = _mm512_shuffle_f32x4(quads[i + 8], quads[i + 12], 0xDD);
      rows[i] = _mm512_shuffle_f32x4(low_even, high_even, 0x88);
      rows[i + 4] = _mm512_shuffle_f32x4(low_odd, high_odd, 0x88);
      rows[i + 8] = _mm512_shuffle_f32x4(low_even, high_even, 0xDD);
      rows[i + 12] = _mm512_shuffle_f32x4(low_odd, high_odd, 0xDD);
    }
  }

 private:
  template <int kCount>
  static LITE_INLINE s32 bounded(const s32 (&x)[kCount], const Bounds& to) {
    static_assert(kCount <= 4, "more do not fit one vector of bytes");
    const s32 shift = broadcast(to.added);
    const s32 low = _mm512_packs_epi32(x[0], x[kCount > 1 ? 1 : 0]);
    const s32 high = kCount > 2 ? _mm512_packs_epi32(x[kCount > 2 ? 2 : 0], x[kCount - 1]) : low;
    s32 bytes = _mm512_packs_epi16(_mm512_adds_epi16(low, shift), _mm512_adds_epi16(high, shift));
    bytes = _mm512_max_epi8(bytes, broadcast(to.lo));
    bytes = _mm512_min_epi8(bytes, broadcast(to.hi));
    // Packing went by parts of 128 bits, each of which holds four bytes of each vector.
    return _mm512_permutexvar_epi32(
        _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), bytes);
  }
  static LITE_INLINE mask first(int count) { return static_cast<mask>((1u << count) - 1); }
};

}  // namespace
}  // namespace lite
