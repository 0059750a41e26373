// SPDX-License-Identifier: Apache-2.0
// Dot products of bytes by NEON's widening products, over whichever trait was included before this
// file; the members' meaning is written in dot/scalar.h.
#pragma once

#include <arm_neon.h>

#include "simd/inline.h"

namespace lite {
namespace {

struct Dot {
  struct Pair {
    int32x4_t low, high;
  };
  using Inputs = int8x8_t;    // four, twice
  using Weights = int8x16_t;  // columns 0 to 3
  using Sums = Pair;          // columns 0 and 1, 2 and 3, in two parts for each
  using Preparation = bool;
  static constexpr int kInputQuads = 1;
  static constexpr int kInputsRegisters = 1, kWeightsRegisters = 1, kSumsRegisters = 2;
  static constexpr int kPreparationRegisters = 1;  // products
  static constexpr int32_t kOffset = 0;

  static LITE_INLINE Preparation preparation() { return true; }
  static LITE_INLINE Inputs inputs(int32_t x, Preparation) {
    return vreinterpret_s8_s32(vdup_n_s32(x));
  }
  static LITE_INLINE Weights weights(const int8_t* p) { return vld1q_s8(p); }
  static LITE_INLINE Sums start(Simd::s32 bias) {
    const int32x4x2_t parts = vzipq_s32(bias, vdupq_n_s32(0));
    return {parts.val[0], parts.val[1]};
  }
  static LITE_INLINE Sums add(Sums sums, Inputs x, Weights w) {
    return {vpadalq_s16(sums.low, vmull_s8(x, vget_low_s8(w))),
            vpadalq_s16(sums.high, vmull_s8(x, vget_high_s8(w)))};
  }
  static LITE_INLINE Simd::s32 finish(Sums sums) {
    return vcombine_s32(vpadd_s32(vget_low_s32(sums.low), vget_high_s32(sums.low)),
                        vpadd_s32(vget_low_s32(sums.high), vget_high_s32(sums.high)));
  }
};

using NarrowDot = Dot;

}  // namespace
}  // namespace lite
