// SPDX-License-Identifier: Apache-2.0
// Vectors of 16, 32 and 64 bytes of x86 under the same names, for what multiplies bytes. Zips and
// what narrows stay within 16 bytes.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "simd/inline.h"

namespace lite {
namespace {

template <int kSize>
struct Bytes;

template <>
struct Bytes<16> {
  using s32 = __m128i;
  using f32 = __m128;
  static constexpr int kBytes = 16;
  static LITE_INLINE s32 load(const void* p) {
    return _mm_loadu_si128(static_cast<const __m128i*>(p));
  }
  static LITE_INLINE f32 load_f32(const float* p) { return _mm_loadu_ps(p); }
  static LITE_INLINE void store(void* p, s32 x) { _mm_storeu_si128(static_cast<__m128i*>(p), x); }
  static LITE_INLINE s32 broadcast8(int x) { return _mm_set1_epi8(static_cast<char>(x)); }
  static LITE_INLINE s32 broadcast16(int x) { return _mm_set1_epi16(static_cast<int16_t>(x)); }
  static LITE_INLINE s32 broadcast32(int32_t x) { return _mm_set1_epi32(x); }
  static LITE_INLINE s32 bit_xor(s32 a, s32 b) { return _mm_xor_si128(a, b); }
  static LITE_INLINE s32 flip(s32 x) { return bit_xor(x, broadcast8(-128)); }
  static LITE_INLINE s32 zip8_low(s32 a, s32 b) { return _mm_unpacklo_epi8(a, b); }
  static LITE_INLINE s32 zip8_high(s32 a, s32 b) { return _mm_unpackhi_epi8(a, b); }
  static LITE_INLINE s32 zip16_low(s32 a, s32 b) { return _mm_unpacklo_epi16(a, b); }
  static LITE_INLINE s32 zip16_high(s32 a, s32 b) { return _mm_unpackhi_epi16(a, b); }
  static LITE_INLINE s32 even_bytes(s32 x) { return _mm_srai_epi16(_mm_slli_epi16(x, 8), 8); }
  static LITE_INLINE s32 odd_bytes(s32 x) { return _mm_srai_epi16(x, 8); }
  static LITE_INLINE s32 add_products(s32 sum, s32 a, s32 b) {
    return _mm_add_epi32(sum, _mm_madd_epi16(a, b));
  }
  static LITE_INLINE s32 pairs_of_products(s32 a, s32 b) { return _mm_maddubs_epi16(a, b); }
  static LITE_INLINE s32 steps(s32 sum, f32 scale) {
    return _mm_cvtps_epi32(_mm_mul_ps(_mm_cvtepi32_ps(sum), scale));
  }
  static LITE_INLINE s32 steps_twice(s32 sum, f32 scale) {
    const f32 steps = _mm_mul_ps(_mm_cvtepi32_ps(sum), scale);
    const s32 part = _mm_and_si128(_mm_castps_si128(scale), broadcast32(0x7F800000));
    const s32 sign = _mm_and_si128(_mm_castps_si128(steps), broadcast32(INT32_MIN));
    return _mm_cvtps_epi32(_mm_add_ps(steps, _mm_castsi128_ps(_mm_or_si128(part, sign))));
  }
  static LITE_INLINE s32 narrow32(s32 a, s32 b) { return _mm_packs_epi32(a, b); }
  static LITE_INLINE s32 narrow16(s32 a, s32 b) { return _mm_packs_epi16(a, b); }
  static LITE_INLINE s32 add16(s32 a, s32 b) { return _mm_adds_epi16(a, b); }
  static LITE_INLINE s32 min8(s32 a, s32 b) { return _mm_min_epi8(a, b); }
  static LITE_INLINE s32 max8(s32 a, s32 b) { return _mm_max_epi8(a, b); }
};

template <>
struct Bytes<32> {
  using s32 = __m256i;
  using f32 = __m256;
  static constexpr int kBytes = 32;
  static LITE_INLINE s32 load(const void* p) {
    return _mm256_loadu_si256(static_cast<const __m256i*>(p));
  }
  static LITE_INLINE f32 load_f32(const float* p) { return _mm256_loadu_ps(p); }
  static LITE_INLINE void store(void* p, s32 x) {
    _mm256_storeu_si256(static_cast<__m256i*>(p), x);
  }
  static LITE_INLINE s32 broadcast8(int x) { return _mm256_set1_epi8(static_cast<char>(x)); }
  static LITE_INLINE s32 broadcast16(int x) { return _mm256_set1_epi16(static_cast<int16_t>(x)); }
  static LITE_INLINE s32 broadcast32(int32_t x) { return _mm256_set1_epi32(x); }
  static LITE_INLINE s32 bit_xor(s32 a, s32 b) { return _mm256_xor_si256(a, b); }
  static LITE_INLINE s32 flip(s32 x) { return bit_xor(x, broadcast8(-128)); }
  static LITE_INLINE s32 zip8_low(s32 a, s32 b) { return _mm256_unpacklo_epi8(a, b); }
  static LITE_INLINE s32 zip8_high(s32 a, s32 b) { return _mm256_unpackhi_epi8(a, b); }
  static LITE_INLINE s32 zip16_low(s32 a, s32 b) { return _mm256_unpacklo_epi16(a, b); }
  static LITE_INLINE s32 zip16_high(s32 a, s32 b) { return _mm256_unpackhi_epi16(a, b); }
  static LITE_INLINE s32 even_bytes(s32 x) { return _mm256_srai_epi16(_mm256_slli_epi16(x, 8), 8); }
  static LITE_INLINE s32 odd_bytes(s32 x) { return _mm256_srai_epi16(x, 8); }
  static LITE_INLINE s32 add_products(s32 sum, s32 a, s32 b) {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
  }
  static LITE_INLINE s32 pairs_of_products(s32 a, s32 b) { return _mm256_maddubs_epi16(a, b); }
  static LITE_INLINE s32 steps(s32 sum, f32 scale) {
    return _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_cvtepi32_ps(sum), scale));
  }
  static LITE_INLINE s32 steps_twice(s32 sum, f32 scale) {
    const f32 steps = _mm256_mul_ps(_mm256_cvtepi32_ps(sum), scale);
    const s32 part = _mm256_and_si256(_mm256_castps_si256(scale), broadcast32(0x7F800000));
    const s32 sign = _mm256_and_si256(_mm256_castps_si256(steps), broadcast32(INT32_MIN));
    return _mm256_cvtps_epi32(
        _mm256_add_ps(steps, _mm256_castsi256_ps(_mm256_or_si256(part, sign))));
  }
  static LITE_INLINE s32 narrow32(s32 a, s32 b) { return _mm256_packs_epi32(a, b); }
  static LITE_INLINE s32 narrow16(s32 a, s32 b) { return _mm256_packs_epi16(a, b); }
  static LITE_INLINE s32 add16(s32 a, s32 b) { return _mm256_adds_epi16(a, b); }
  static LITE_INLINE s32 min8(s32 a, s32 b) { return _mm256_min_epi8(a, b); }
  static LITE_INLINE s32 max8(s32 a, s32 b) { return _mm256_max_epi8(a, b); }
};

#if defined(__AVX512BW__)
template <>
struct Bytes<64> {
  using s32 = __m512i;
  using f32 = __m512;
  static constexpr int kBytes = 64;
  static LITE_INLINE s32 load(const void* p) { return _mm512_loadu_si512(p); }
  static LITE_INLINE f32 load_f32(const float* p) { return _mm512_loadu_ps(p); }
  static LITE_INLINE void store(void* p, s32 x) { _mm512_storeu_si512(p, x); }
  static LITE_INLINE s32 broadcast8(int x) { return _mm512_set1_epi8(static_cast<char>(x)); }
  static LITE_INLINE s32 broadcast16(int x) { return _mm512_set1_epi16(static_cast<int16_t>(x)); }
  static LITE_INLINE s32 broadcast32(int32_t x) { return _mm512_set1_epi32(x); }
  static LITE_INLINE s32 bit_xor(s32 a, s32 b) { return _mm512_xor_si512(a, b); }
  static LITE_INLINE s32 flip(s32 x) { return bit_xor(x, broadcast8(-128)); }
  static LITE_INLINE s32 zip8_low(s32 a, s32 b) { return _mm512_unpacklo_epi8(a, b); }
  static LITE_INLINE s32 zip8_high(s32 a, s32 b) { return _mm512_unpackhi_epi8(a, b); }
  static LITE_INLINE s32 zip16_low(s32 a, s32 b) { return _mm512_unpacklo_epi16(a, b); }
  static LITE_INLINE s32 zip16_high(s32 a, s32 b) { return _mm512_unpackhi_epi16(a, b); }
  static LITE_INLINE s32 even_bytes(s32 x) { return _mm512_srai_epi16(_mm512_slli_epi16(x, 8), 8); }
  static LITE_INLINE s32 odd_bytes(s32 x) { return _mm512_srai_epi16(x, 8); }
  static LITE_INLINE s32 add_products(s32 sum, s32 a, s32 b) {
    return _mm512_add_epi32(sum, _mm512_madd_epi16(a, b));
  }
  static LITE_INLINE s32 pairs_of_products(s32 a, s32 b) { return _mm512_maddubs_epi16(a, b); }
  static LITE_INLINE s32 steps(s32 sum, f32 scale) {
    return _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_cvtepi32_ps(sum), scale));
  }
  static LITE_INLINE s32 steps_twice(s32 sum, f32 scale) {
    const f32 steps = _mm512_mul_ps(_mm512_cvtepi32_ps(sum), scale);
    const s32 part = _mm512_and_si512(_mm512_castps_si512(scale), broadcast32(0x7F800000));
    const s32 sign = _mm512_and_si512(_mm512_castps_si512(steps), broadcast32(INT32_MIN));
    return _mm512_cvtps_epi32(
        _mm512_add_ps(steps, _mm512_castsi512_ps(_mm512_or_si512(part, sign))));
  }
  static LITE_INLINE s32 narrow32(s32 a, s32 b) { return _mm512_packs_epi32(a, b); }
  static LITE_INLINE s32 narrow16(s32 a, s32 b) { return _mm512_packs_epi16(a, b); }
  static LITE_INLINE s32 add16(s32 a, s32 b) { return _mm512_adds_epi16(a, b); }
  static LITE_INLINE s32 min8(s32 a, s32 b) { return _mm512_min_epi8(a, b); }
  static LITE_INLINE s32 max8(s32 a, s32 b) { return _mm512_max_epi8(a, b); }
};
#endif

// Adds the products of four bytes: x without sign, w at most kGreatestNarrowWeight in magnitude, so
// that pairs of products, which saturate, do not.
template <class V>
LITE_INLINE typename V::s32 add_narrow_quads(typename V::s32 sum, typename V::s32 x,
                                             typename V::s32 w) {
  return V::add_products(sum, V::pairs_of_products(x, w), V::broadcast16(1));
}

}  // namespace
}  // namespace lite
