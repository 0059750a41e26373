// SPDX-License-Identifier: Apache-2.0
// Dot products of bytes in plain C++. It is also where the members' meaning is written down; the
// other files of this folder have the same members, over the trait of the same name. Results are
// exact modulo 2^32 for all bytes.
#pragma once

#include "simd/scalar.h"

namespace lite {
namespace {

struct Dot {
  using Inputs = int32_t;    // four inputs, the same for all columns
  using Weights = int32_t;   // four for each of Simd::kWidth columns
  using Sums = int32_t;      // of Simd::kWidth columns
  using Preparation = bool;  // what turns bytes into inputs
  // Quads that are loaded at once. Where they are several, there are InputGroup, input_group(p) and
  // add_quad<i>(sums, group, w), which multiplies the i-th of them.
  static constexpr int kInputQuads = 1;
  static constexpr int kInputsRegisters = 1, kWeightsRegisters = 1, kSumsRegisters = 1;
  static constexpr int kPreparationRegisters = 0;
  // Inputs are multiplied as if they were so much greater.
  static constexpr int32_t kOffset = 0;

  static LITE_INLINE Preparation preparation() { return true; }
  // Of four bytes, the first in the lowest bits.
  static LITE_INLINE Inputs inputs(int32_t x, Preparation) { return x; }
  // 4 * Simd::kWidth bytes.
  static LITE_INLINE Weights weights(const int8_t* p) {
    Weights w;
    std::memcpy(&w, p, sizeof(w));
    return w;
  }
  static LITE_INLINE Sums start(Simd::s32 bias) { return bias; }
  static LITE_INLINE Sums add(Sums sums, Inputs x, Weights w) {
    for (int i = 0; i < 32; i += 8)
      sums = Simd::add(sums, static_cast<int8_t>(x >> i) * static_cast<int8_t>(w >> i));
    return sums;
  }
  static LITE_INLINE Simd::s32 finish(Sums sums) { return sums; }
};

// Products of weights of magnitudes up to kGreatestNarrowWeight; Dot, where that is no faster.
using NarrowDot = Dot;

}  // namespace
}  // namespace lite
