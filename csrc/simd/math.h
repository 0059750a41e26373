// SPDX-License-Identifier: Apache-2.0
// Functions of vectors of floats, over whichever trait was included before this file.
#pragma once

#include "simd/inline.h"

namespace lite {
namespace {

// e^x within 2 ulp; overflows to infinity, underflows to denormals and 0; NaN gives NaN.
LITE_INLINE Simd::f32 exp_f32(Simd::f32 x) {
  using f32 = Simd::f32;
  x = Simd::max(Simd::broadcast(-104.0f), Simd::min(Simd::broadcast(89.0f), x));
  const f32 n = Simd::round(Simd::mul(x, Simd::broadcast(1.44269504f)));
  // ln 2 in two parts, the first short enough for n * ln2_high to be exact
  f32 r = Simd::fnma(n, Simd::broadcast(0.693359375f), x);
  r = Simd::fnma(n, Simd::broadcast(-2.12194440e-4f), r);
  f32 p = Simd::broadcast(0.0013814467f);
  p = Simd::fma(p, r, Simd::broadcast(0.0083687808f));
  p = Simd::fma(p, r, Simd::broadcast(0.041668393f));
  p = Simd::fma(p, r, Simd::broadcast(0.16666520f));
  p = Simd::fma(p, r, Simd::broadcast(0.49999994f));
  p = Simd::fma(Simd::mul(r, r), p, r);
  return Simd::ldexp(Simd::add(p, Simd::broadcast(1.0f)), n);
}

// 1 / (1 + e^-x)
LITE_INLINE Simd::f32 sigmoid_f32(Simd::f32 x) {
  const Simd::f32 one = Simd::broadcast(1.0f);
  return Simd::div(one, Simd::add(one, exp_f32(Simd::neg(x))));
}

}  // namespace
}  // namespace lite
