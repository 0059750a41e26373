// SPDX-License-Identifier: Apache-2.0
// Dot products of bytes by products of 16 bits, which saturate nowhere; the members' meaning is
// written in dot/scalar.h.
#pragma once

#include "simd/dot/x86_narrow.h"
#include "simd/x86_avx512.h"

namespace lite {
namespace {

struct Dot {
  struct Pair {
    __m512i low, high;
  };
  using Inputs = __m512i;  // four of 16 bits, eight times
  using Weights = Pair;    // columns 0 to 7, 8 to 15
  using Sums = Pair;       // likewise, in two parts for each column
  using Preparation = bool;
  static constexpr int kInputQuads = 1;
  static constexpr int kInputsRegisters = 1, kWeightsRegisters = 2, kSumsRegisters = 2;
  static constexpr int kPreparationRegisters = 0;
  static constexpr int32_t kOffset = 0;

  static LITE_INLINE Preparation preparation() { return true; }
  static LITE_INLINE Inputs inputs(int32_t x, Preparation) {
    return _mm512_cvtepi8_epi16(_mm256_set1_epi32(x));
  }
  static LITE_INLINE Weights weights(const int8_t* p) {
    const __m256i* halves = reinterpret_cast<const __m256i*>(p);
    return {_mm512_cvtepi8_epi16(_mm256_loadu_si256(halves)),
            _mm512_cvtepi8_epi16(_mm256_loadu_si256(halves + 1))};
  }
  static LITE_INLINE Sums start(Simd::s32 bias) {
    return {_mm512_cvtepu32_epi64(_mm512_castsi512_si256(bias)),
            _mm512_cvtepu32_epi64(_mm512_extracti64x4_epi64(bias, 1))};
  }
  static LITE_INLINE Sums add(Sums sums, Inputs x, Weights w) {
    return {_mm512_add_epi32(sums.low, _mm512_madd_epi16(x, w.low)),
            _mm512_add_epi32(sums.high, _mm512_madd_epi16(x, w.high))};
  }
  static LITE_INLINE Simd::s32 finish(Sums sums) {
    const __m512i even = Simd::add(Simd::iota(), Simd::iota());
    const __m512i odd = Simd::add(even, Simd::broadcast(int32_t{1}));
    return _mm512_add_epi32(_mm512_permutex2var_epi32(sums.low, even, sums.high),
                            _mm512_permutex2var_epi32(sums.low, odd, sums.high));
  }
};

using NarrowDot = X86NarrowDot<Bytes<64>>;

}  // namespace
}  // namespace lite
