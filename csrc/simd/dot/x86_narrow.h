// SPDX-License-Identifier: Apache-2.0
// Dot products of bytes and narrow weights, in vectors V of x86; the members' meaning is written in
// dot/scalar.h.
#pragma once

#include "simd/bytes_x86.h"

namespace lite {
namespace {

template <class V>
struct X86NarrowDot {
  using Inputs = typename V::s32;
  using Weights = typename V::s32;
  using Sums = typename V::s32;
  using Preparation = typename V::s32;
  static constexpr int kInputQuads = 1;
  static constexpr int kInputsRegisters = 1, kWeightsRegisters = 1, kSumsRegisters = 1;
  static constexpr int kPreparationRegisters = 3;  // signs, ones, products
  static constexpr int32_t kOffset = 128;          // one factor of the products is unsigned

  static LITE_INLINE Preparation preparation() {
    Preparation signs = V::broadcast8(-128);
    asm volatile("" : "+x"(signs));  // not to be kept across calls, which would be in memory
    return signs;
  }
  static LITE_INLINE Inputs inputs(int32_t x, Preparation signs) {
    return V::bit_xor(signs, V::broadcast32(x));
  }
  static LITE_INLINE Weights weights(const int8_t* p) { return V::load(p); }
  static LITE_INLINE Sums start(Sums bias) { return bias; }
  static LITE_INLINE Sums add(Sums sums, Inputs x, Weights w) {
    return add_narrow_quads<V>(sums, x, w);
  }
  static LITE_INLINE Sums finish(Sums sums) { return sums; }
};

}  // namespace
}  // namespace lite
