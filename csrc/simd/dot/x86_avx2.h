// SPDX-License-Identifier: Apache-2.0
// Dot products of bytes by products of 16 bits, which saturate nowhere; the members' meaning is
// written in dot/scalar.h.
#pragma once

#include "simd/dot/x86_narrow.h"
#include "simd/x86_avx2.h"

namespace lite {
namespace {

struct Dot {
  struct Pair {
    __m256i low, high;
  };
  using Inputs = __m256i;  // four of 16 bits, four times
  using Weights = Pair;    // columns 0 to 3, 4 to 7
  using Sums = Pair;       // likewise, in two parts for each column
  using Preparation = bool;
  static constexpr int kInputQuads = 1;
  static constexpr int kInputsRegisters = 1, kWeightsRegisters = 2, kSumsRegisters = 2;
  static constexpr int kPreparationRegisters = 0;
  static constexpr int32_t kOffset = 0;

  static LITE_INLINE Preparation preparation() { return true; }
  static LITE_INLINE Inputs inputs(int32_t x, Preparation) {
    return _mm256_cvtepi8_epi16(_mm_set1_epi32(x));
  }
  static LITE_INLINE Weights weights(const int8_t* p) {
    const __m128i* halves = reinterpret_cast<const __m128i*>(p);
    return {_mm256_cvtepi8_epi16(_mm_loadu_si128(halves)),
            _mm256_cvtepi8_epi16(_mm_loadu_si128(halves + 1))};
  }
  static LITE_INLINE Sums start(Simd::s32 bias) {
    return {_mm256_cvtepu32_epi64(_mm256_castsi256_si128(bias)),
            _mm256_cvtepu32_epi64(_mm256_extracti128_si256(bias, 1))};
  }
  static LITE_INLINE Sums add(Sums sums, Inputs x, Weights w) {
    return {_mm256_add_epi32(sums.low, _mm256_madd_epi16(x, w.low)),
            _mm256_add_epi32(sums.high, _mm256_madd_epi16(x, w.high))};
  }
  static LITE_INLINE Simd::s32 finish(Sums sums) {
    return _mm256_permute4x64_epi64(_mm256_hadd_epi32(sums.low, sums.high), 0xD8);
  }
};

using NarrowDot = X86NarrowDot<Bytes<32>>;

}  // namespace
}  // namespace lite
