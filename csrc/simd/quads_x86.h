// SPDX-License-Identifier: Apache-2.0
// Quads in vectors of 16, 32 and 64 bytes. Zips stay within 16 bytes, and so do the packs that undo
// them. Dot products of bytes want one factor unsigned: inputs become so by adding 128. Without
// them, bytes become 16 bits wide and meet in pairs.
#pragma once

#include <immintrin.h>

#include "simd/quads.h"

namespace lite {
namespace {

struct Bytes16 {
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
  static LITE_INLINE s32 flip(s32 x) { return _mm_xor_si128(x, broadcast8(-128)); }
  static LITE_INLINE s32 zip8_low(s32 a, s32 b) { return _mm_unpacklo_epi8(a, b); }
  static LITE_INLINE s32 zip8_high(s32 a, s32 b) { return _mm_unpackhi_epi8(a, b); }
  static LITE_INLINE s32 zip16_low(s32 a, s32 b) { return _mm_unpacklo_epi16(a, b); }
  static LITE_INLINE s32 zip16_high(s32 a, s32 b) { return _mm_unpackhi_epi16(a, b); }
  static LITE_INLINE s32 even_bytes(s32 x) { return _mm_srai_epi16(_mm_slli_epi16(x, 8), 8); }
  static LITE_INLINE s32 odd_bytes(s32 x) { return _mm_srai_epi16(x, 8); }
  static LITE_INLINE s32 add_products(s32 sum, s32 a, s32 b) {
    return _mm_add_epi32(sum, _mm_madd_epi16(a, b));
  }
  static LITE_INLINE s32 steps(s32 sum, f32 scale) {
    return _mm_cvtps_epi32(_mm_mul_ps(_mm_cvtepi32_ps(sum), scale));
  }
  static LITE_INLINE s32 narrow32(s32 a, s32 b) { return _mm_packs_epi32(a, b); }
  static LITE_INLINE s32 narrow16(s32 a, s32 b) { return _mm_packs_epi16(a, b); }
  static LITE_INLINE s32 add16(s32 a, s32 b) { return _mm_adds_epi16(a, b); }
  static LITE_INLINE s32 min8(s32 a, s32 b) { return _mm_min_epi8(a, b); }
  static LITE_INLINE s32 max8(s32 a, s32 b) { return _mm_max_epi8(a, b); }
};

struct Bytes32 {
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
  static LITE_INLINE s32 flip(s32 x) { return _mm256_xor_si256(x, broadcast8(-128)); }
  static LITE_INLINE s32 zip8_low(s32 a, s32 b) { return _mm256_unpacklo_epi8(a, b); }
  static LITE_INLINE s32 zip8_high(s32 a, s32 b) { return _mm256_unpackhi_epi8(a, b); }
  static LITE_INLINE s32 zip16_low(s32 a, s32 b) { return _mm256_unpacklo_epi16(a, b); }
  static LITE_INLINE s32 zip16_high(s32 a, s32 b) { return _mm256_unpackhi_epi16(a, b); }
  static LITE_INLINE s32 even_bytes(s32 x) { return _mm256_srai_epi16(_mm256_slli_epi16(x, 8), 8); }
  static LITE_INLINE s32 odd_bytes(s32 x) { return _mm256_srai_epi16(x, 8); }
  static LITE_INLINE s32 add_products(s32 sum, s32 a, s32 b) {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
  }
  static LITE_INLINE s32 steps(s32 sum, f32 scale) {
    return _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_cvtepi32_ps(sum), scale));
  }
  static LITE_INLINE s32 narrow32(s32 a, s32 b) { return _mm256_packs_epi32(a, b); }
  static LITE_INLINE s32 narrow16(s32 a, s32 b) { return _mm256_packs_epi16(a, b); }
  static LITE_INLINE s32 add16(s32 a, s32 b) { return _mm256_adds_epi16(a, b); }
  static LITE_INLINE s32 min8(s32 a, s32 b) { return _mm256_min_epi8(a, b); }
  static LITE_INLINE s32 max8(s32 a, s32 b) { return _mm256_max_epi8(a, b); }
};

#if defined(__AVX512BW__)
struct Bytes64 {
  using s32 = __m512i;
  using f32 = __m512;
  static constexpr int kBytes = 64;
  static LITE_INLINE s32 load(const void* p) { return _mm512_loadu_si512(p); }
  static LITE_INLINE f32 load_f32(const float* p) { return _mm512_loadu_ps(p); }
  static LITE_INLINE void store(void* p, s32 x) { _mm512_storeu_si512(p, x); }
  static LITE_INLINE s32 broadcast8(int x) { return _mm512_set1_epi8(static_cast<char>(x)); }
  static LITE_INLINE s32 broadcast16(int x) { return _mm512_set1_epi16(static_cast<int16_t>(x)); }
  static LITE_INLINE s32 flip(s32 x) { return _mm512_xor_si512(x, broadcast8(-128)); }
  static LITE_INLINE s32 zip8_low(s32 a, s32 b) { return _mm512_unpacklo_epi8(a, b); }
  static LITE_INLINE s32 zip8_high(s32 a, s32 b) { return _mm512_unpackhi_epi8(a, b); }
  static LITE_INLINE s32 zip16_low(s32 a, s32 b) { return _mm512_unpacklo_epi16(a, b); }
  static LITE_INLINE s32 zip16_high(s32 a, s32 b) { return _mm512_unpackhi_epi16(a, b); }
  static LITE_INLINE s32 even_bytes(s32 x) { return _mm512_srai_epi16(_mm512_slli_epi16(x, 8), 8); }
  static LITE_INLINE s32 odd_bytes(s32 x) { return _mm512_srai_epi16(x, 8); }
  static LITE_INLINE s32 add_products(s32 sum, s32 a, s32 b) {
    return _mm512_add_epi32(sum, _mm512_madd_epi16(a, b));
  }
  static LITE_INLINE s32 steps(s32 sum, f32 scale) {
    return _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_cvtepi32_ps(sum), scale));
  }
  static LITE_INLINE s32 narrow32(s32 a, s32 b) { return _mm512_packs_epi32(a, b); }
  static LITE_INLINE s32 narrow16(s32 a, s32 b) { return _mm512_packs_epi16(a, b); }
  static LITE_INLINE s32 add16(s32 a, s32 b) { return _mm512_adds_epi16(a, b); }
  static LITE_INLINE s32 min8(s32 a, s32 b) { return _mm512_min_epi8(a, b); }
  static LITE_INLINE s32 max8(s32 a, s32 b) { return _mm512_max_epi8(a, b); }
};
#endif

#if defined(__AVX512VNNI__) || defined(__AVXVNNI__)
constexpr bool kQuadsInOneStep = true;

template <class V>
struct Products {
  using Part = typename V::s32;
  using Weight = int8_t;
  static constexpr int kOffset = 128;

  static LITE_INLINE Part part(Part bytes) { return V::flip(bytes); }
  static constexpr int place(int tap, int channel) { return 4 * channel + tap; }
  static LITE_INLINE typename V::s32 weights(const Weight* w) { return V::load(w); }
  // One statement of assembly, as GCC 12 copies the sum of the intrinsic around.
  static LITE_INLINE typename V::s32 dot(typename V::s32 sum, Part x, typename V::s32 w, int, int) {
#if defined(__AVX512VNNI__)
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(x), "v"(w));
#else
    __asm__("%{vex%} vpdpbusd %2, %1, %0" : "+x"(sum) : "x"(x), "x"(w));
#endif
    return sum;
  }
};
#else
constexpr bool kQuadsInOneStep = false;

template <class V>
struct Products {
  struct Part {
    typename V::s32 even, odd;
  };
  using Weight = int16_t;
  static constexpr int kOffset = 0;

  static LITE_INLINE Part part(typename V::s32 bytes) {
    return {V::even_bytes(bytes), V::odd_bytes(bytes)};
  }
  static constexpr int place(int tap, int channel) {
    return tap % 2 * (V::kBytes / 2) + 2 * channel + tap / 2;
  }
  static LITE_INLINE Part weights(const Weight* w) {
    return {V::load(w), V::load(w + V::kBytes / 2)};
  }
  static LITE_INLINE typename V::s32 dot(typename V::s32 sum, const Part& x, const Part& w,
                                         int first, int end) {
    const bool even = first == 0 || (first <= 2 && end > 2);
    const bool odd = first % 2 == 1 || end - first > 1;
    if (even) sum = V::add_products(sum, x.even, w.even);
    if (odd) sum = V::add_products(sum, x.odd, w.odd);
    return sum;
  }
};
#endif

template <class V>
struct X86Quads : Products<V> {
  using s32 = typename V::s32;
  using f32 = typename V::f32;
  using Part = typename Products<V>::Part;
  static constexpr int kBlock = V::kBytes;
  static constexpr int kPartChannels = kBlock / 4;

  struct Bounds {
    explicit LITE_INLINE Bounds(const Placement& to)
        : zero(V::broadcast16(to.zero_point)), lo(V::broadcast8(to.lo)), hi(V::broadcast8(to.hi)) {}
    s32 zero, lo, hi;
  };

  static LITE_INLINE s32 load(const int32_t* p) { return V::load(p); }
  static LITE_INLINE void zip(const int8_t* const (&pixels)[4], Part (&parts)[4]) {
    const s32 p0 = V::load(pixels[0]), p1 = V::load(pixels[1]);
    const s32 p2 = V::load(pixels[2]), p3 = V::load(pixels[3]);
    const s32 low01 = V::zip8_low(p0, p1), low23 = V::zip8_low(p2, p3);
    const s32 high01 = V::zip8_high(p0, p1), high23 = V::zip8_high(p2, p3);
    parts[0] = Products<V>::part(V::zip16_low(low01, low23));
    parts[1] = Products<V>::part(V::zip16_high(low01, low23));
    parts[2] = Products<V>::part(V::zip16_low(high01, high23));
    parts[3] = Products<V>::part(V::zip16_high(high01, high23));
  }
  static constexpr int channel(int part, int i) { return i / 4 * 16 + 4 * part + i % 4; }
  static LITE_INLINE f32 load(const float* p) { return V::load_f32(p); }
  static LITE_INLINE void store(int8_t* y, const s32 (&sums)[4], const f32 (&scales)[4],
                                const Bounds& bounds) {
    s32 steps[4];
    LITE_UNROLL
    for (int part = 0; part < 4; ++part) steps[part] = V::steps(sums[part], scales[part]);
    const s32 low = V::add16(V::narrow32(steps[0], steps[1]), bounds.zero);
    const s32 high = V::add16(V::narrow32(steps[2], steps[3]), bounds.zero);
    V::store(y, V::max8(bounds.lo, V::min8(bounds.hi, V::narrow16(low, high))));
  }
};

template <>
struct Quads<16> : X86Quads<Bytes16> {};
template <>
struct Quads<32> : X86Quads<Bytes32> {};
#if defined(__AVX512BW__)
template <>
struct Quads<64> : X86Quads<Bytes64> {};
constexpr int kGreatestBlock = 64;
#else
constexpr int kGreatestBlock = 32;
#endif

}  // namespace
}  // namespace lite
