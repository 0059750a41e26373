// SPDX-License-Identifier: Apache-2.0
// Dot products of bytes by NEON's instruction for them; the members' meaning is written in
// dot/scalar.h.
#pragma once

#include "simd/arm64_dotprod.h"

namespace lite {
namespace {

struct Dot {
  using Inputs = int8x16_t;  // four, four times
  using Weights = int8x16_t;
  using Sums = int32x4_t;
  using Preparation = bool;
  using InputGroup = int8x16_t;
  static constexpr int kInputQuads = 4;
  static constexpr int kInputsRegisters = 1, kWeightsRegisters = 1, kSumsRegisters = 1;
  static constexpr int kPreparationRegisters = 0;
  static constexpr int32_t kOffset = 0;

  static LITE_INLINE Preparation preparation() { return true; }
  static LITE_INLINE Inputs inputs(int32_t x, Preparation) {
    return vreinterpretq_s8_s32(vdupq_n_s32(x));
  }
  static LITE_INLINE InputGroup input_group(const int8_t* p) { return vld1q_s8(p); }
  static LITE_INLINE Weights weights(const int8_t* p) { return vld1q_s8(p); }
  static LITE_INLINE Sums start(Simd::s32 bias) { return bias; }
  // Computed here, not where it is needed.
  static LITE_INLINE void settle(Sums& sums) { asm volatile("" : "+w"(sums)); }
  static LITE_INLINE Sums add(Sums sums, Inputs x, Weights w) { return vdotq_s32(sums, w, x); }
  template <int kPlace>
  static LITE_INLINE Sums add_quad(Sums sums, InputGroup x, Weights w) {
    return vdotq_laneq_s32(sums, w, x, kPlace);
  }
  static LITE_INLINE Simd::s32 finish(Sums sums) { return sums; }
};

using NarrowDot = Dot;

}  // namespace
}  // namespace lite
