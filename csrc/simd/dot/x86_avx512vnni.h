// SPDX-License-Identifier: Apache-2.0
// Dot products of bytes by AVX-512 VNNI; the members' meaning is written in dot/scalar.h.
#pragma once

#include "simd/x86_avx512vnni.h"

namespace lite {
namespace {

struct Dot {
  using Inputs = __m512i;
  using Weights = __m512i;
  using Sums = __m512i;
  using Preparation = __m512i;
  static constexpr int kInputQuads = 1;
  static constexpr int kInputsRegisters = 1, kWeightsRegisters = 1, kSumsRegisters = 1;
  static constexpr int kPreparationRegisters = 1;
  static constexpr int32_t kOffset = 128;  // the instruction takes the inputs unsigned

  static LITE_INLINE Preparation preparation() {
    Preparation signs = _mm512_set1_epi8(-128);
    asm volatile("" : "+v"(signs));  // not to be kept across calls, which would be in memory
    return signs;
  }
  static LITE_INLINE Inputs inputs(int32_t x, Preparation signs) {
    return _mm512_xor_si512(signs, _mm512_set1_epi32(x));
  }
  static LITE_INLINE Weights weights(const int8_t* p) { return _mm512_loadu_si512(p); }
  static LITE_INLINE Sums start(Simd::s32 bias) { return bias; }
  // GCC 12 moves the sums of the intrinsic to other registers and back.
  static LITE_INLINE Sums add(Sums sums, Inputs x, Weights w) {
    asm("vpdpbusd %2, %1, %0" : "+v"(sums) : "v"(x), "v"(w));
    return sums;
  }
  static LITE_INLINE Simd::s32 finish(Sums sums) { return sums; }
};

using NarrowDot = Dot;

}  // namespace
}  // namespace lite
