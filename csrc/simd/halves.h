// SPDX-License-Identifier: Apache-2.0
// Products of inputs of 16 bits with weights of bytes, in panels of 16 columns, four of the depth
// side by side. A struct Halves has
//   kVectors, kPartials   vectors of sums for a panel; sums of each column, side by side in them
//   s32, Inputs, Weights  a vector of sums, four inputs for all columns, weights for all vectors
//   inputs(p)             four elements
//   weights(p)            the 64 bytes of a panel
//   add(sums, x, w)       exact while the sums stay in s32
//   store(p, sums)        16 * kPartials sums, those of a column side by side
#pragma once

#include <cstdint>
#include <cstring>

#include "simd/inline.h"

#if defined(__AVX2__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

namespace lite {
namespace {

#if defined(__AVX512BW__)
struct Halves {
  using s32 = __m512i;
  using Inputs = __m512i;
  static constexpr int kVectors = 2, kPartials = 2;
  struct Weights {
    __m512i vectors[kVectors];
  };
  static LITE_INLINE Inputs inputs(const int16_t* p) {
    int64_t quad;
    std::memcpy(&quad, p, sizeof(quad));
    return _mm512_set1_epi64(quad);
  }
  static LITE_INLINE Weights weights(const int8_t* p) {
    const __m256i* bytes = reinterpret_cast<const __m256i*>(p);
    return {{_mm512_cvtepi8_epi16(_mm256_loadu_si256(bytes)),
             _mm512_cvtepi8_epi16(_mm256_loadu_si256(bytes + 1))}};
  }
  static LITE_INLINE void add(s32 (&sums)[kVectors], Inputs x, const Weights& w) {
    LITE_UNROLL
    for (int i = 0; i < kVectors; ++i)
      sums[i] = _mm512_add_epi32(sums[i], _mm512_madd_epi16(w.vectors[i], x));
  }
  static LITE_INLINE void store(int32_t* p, const s32 (&sums)[kVectors]) {
    LITE_UNROLL
    for (int i = 0; i < kVectors; ++i) _mm512_storeu_si512(p + 16 * i, sums[i]);
  }
};
#elif defined(__AVX2__)
struct Halves {
  using s32 = __m256i;
  using Inputs = __m256i;
  static constexpr int kVectors = 4, kPartials = 2;
  struct Weights {
    __m256i vectors[kVectors];
  };
  static LITE_INLINE Inputs inputs(const int16_t* p) {
    int64_t quad;
    std::memcpy(&quad, p, sizeof(quad));
    return _mm256_set1_epi64x(quad);
  }
  static LITE_INLINE Weights weights(const int8_t* p) {
    const __m128i* bytes = reinterpret_cast<const __m128i*>(p);
    Weights w;
    LITE_UNROLL
    for (int i = 0; i < kVectors; ++i)
      w.vectors[i] = _mm256_cvtepi8_epi16(_mm_loadu_si128(bytes + i));
    return w;
  }
  static LITE_INLINE void add(s32 (&sums)[kVectors], Inputs x, const Weights& w) {
    LITE_UNROLL
    for (int i = 0; i < kVectors; ++i)
      sums[i] = _mm256_add_epi32(sums[i], _mm256_madd_epi16(w.vectors[i], x));
  }
  static LITE_INLINE void store(int32_t* p, const s32 (&sums)[kVectors]) {
    LITE_UNROLL
    for (int i = 0; i < kVectors; ++i)
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(p + 8 * i), sums[i]);
  }
};
#elif defined(__ARM_NEON)
struct Halves {
  using s32 = int32x4_t;
  using Inputs = int16x4_t;
  static constexpr int kVectors = 16, kPartials = 4;
  struct Weights {
    int16x4_t vectors[kVectors];
  };
  static LITE_INLINE Inputs inputs(const int16_t* p) { return vld1_s16(p); }
  static LITE_INLINE Weights weights(const int8_t* p) {
    Weights w;
    LITE_UNROLL
    for (int i = 0; i < kVectors; i += 2) {
      const int16x8_t two = vmovl_s8(vld1_s8(p + 4 * i));
      w.vectors[i] = vget_low_s16(two);
      w.vectors[i + 1] = vget_high_s16(two);
    }
    return w;
  }
  static LITE_INLINE void add(s32 (&sums)[kVectors], Inputs x, const Weights& w) {
    LITE_UNROLL
    for (int i = 0; i < kVectors; ++i) sums[i] = vmlal_s16(sums[i], w.vectors[i], x);
  }
  static LITE_INLINE void store(int32_t* p, const s32 (&sums)[kVectors]) {
    LITE_UNROLL
    for (int i = 0; i < kVectors; ++i) vst1q_s32(p + 4 * i, sums[i]);
  }
};
#else
struct Halves {
  using s32 = int32_t;
  static constexpr int kVectors = 16, kPartials = 1;
  struct Inputs {
    int16_t elements[4];
  };
  using Weights = const int8_t*;
  static LITE_INLINE Inputs inputs(const int16_t* p) { return {{p[0], p[1], p[2], p[3]}}; }
  static LITE_INLINE Weights weights(const int8_t* p) { return p; }
  static LITE_INLINE void add(s32 (&sums)[kVectors], const Inputs& x, Weights w) {
    for (int i = 0; i < kVectors; ++i)
      for (int k = 0; k < 4; ++k) sums[i] += x.elements[k] * w[4 * i + k];
  }
  static LITE_INLINE void store(int32_t* p, const s32 (&sums)[kVectors]) {
    std::memcpy(p, sums, sizeof(sums));
  }
};
#endif

}  // namespace
}  // namespace lite
