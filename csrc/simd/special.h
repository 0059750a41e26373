// SPDX-License-Identifier: Apache-2.0
// More functions of vectors of floats, for kernels that need them to a few units in the last place.
// The coefficients are least-maximum fits of our own, made on 600 Chebyshev nodes in 40 digits.
#pragma once

#include "simd/math.h"

namespace lite {
namespace {

template <int kCount>
LITE_INLINE Simd::f32 polynomial(Simd::f32 x, const float (&coefficients)[kCount]) {  // x^0 first
  Simd::f32 sum = Simd::broadcast(coefficients[kCount - 1]);
  LITE_UNROLL
  for (int i = kCount - 2; i >= 0; --i) sum = Simd::fma(sum, x, Simd::broadcast(coefficients[i]));
  return sum;
}

LITE_INLINE Simd::f32 max_or_nan(Simd::f32 a, Simd::f32 b) {
  return Simd::select(Simd::is_nan(a), a, Simd::max(a, b));
}
LITE_INLINE Simd::f32 min_or_nan(Simd::f32 a, Simd::f32 b) {
  return Simd::select(Simd::is_nan(a), a, Simd::min(a, b));
}

// e^(high + low) for high <= 0, whose low part is small beside it: exact even where high is large.
LITE_INLINE Simd::f32 exp_of_sum(Simd::f32 high, Simd::f32 low) {
  using f32 = Simd::f32;
  high = Simd::max(Simd::broadcast(-104.0f), high);
  const f32 n = Simd::round(Simd::mul(Simd::add(high, low), Simd::broadcast(1.44269504f)));
  f32 r = Simd::fnma(n, Simd::broadcast(0.693359375f), high);
  r = Simd::add(Simd::fnma(n, Simd::broadcast(-2.12194440e-4f), r), low);
  constexpr float kTail[] = {0.5f,         0.16666666f,   0.041666362f,
                             0.008333389f, 0.0013940655f, 0.00019845880f};
  const f32 p = Simd::fma(Simd::mul(r, r), polynomial(r, kTail), r);
  return Simd::ldexp(Simd::add(p, Simd::broadcast(1.0f)), n);
}

// e^x - 1 for x <= 0, exact near 0 too.
LITE_INLINE Simd::f32 expm1_of_negative(Simd::f32 x) {
  using f32 = Simd::f32;
  x = Simd::max(Simd::broadcast(-30.0f), x);
  const f32 n = Simd::round(Simd::mul(x, Simd::broadcast(1.44269504f)));
  f32 r = Simd::fnma(n, Simd::broadcast(0.693359375f), x);
  r = Simd::fnma(n, Simd::broadcast(-2.12194440e-4f), r);
  constexpr float kTail[] = {0.5f,         0.16666666f,   0.041666362f,
                             0.008333389f, 0.0013940655f, 0.00019845880f};
  const f32 p = Simd::fma(Simd::mul(r, r), polynomial(r, kTail), r);
  const f32 scale = Simd::ldexp(Simd::broadcast(1.0f), n);
  return Simd::fma(p, scale, Simd::sub(scale, Simd::broadcast(1.0f)));
}

LITE_INLINE Simd::f32 tanh_f32(Simd::f32 x) {
  const Simd::f32 t = expm1_of_negative(Simd::mul(Simd::broadcast(-2.0f), Simd::abs(x)));
  const Simd::f32 size = Simd::div(Simd::neg(t), Simd::add(t, Simd::broadcast(2.0f)));
  return Simd::select(Simd::less(x, Simd::broadcast(0.0f)), Simd::neg(size), size);
}

// Natural logarithm: -inf at 0, NaN below, also for denormals.
LITE_INLINE Simd::f32 log_f32(Simd::f32 x) {
  using f32 = Simd::f32;
  const auto tiny = Simd::less(x, Simd::broadcast(1.17549435e-38f));
  const f32 scaled = Simd::select(tiny, Simd::mul(x, Simd::broadcast(16777216.0f)), x);
  const Simd::s32 bits = Simd::bits(scaled);
  // the exponent that leaves a mantissa in [sqrt(1/2), sqrt(2)): 0x3F3504F3 is sqrt(1/2)
  const Simd::s32 exponent =
      Simd::shift_right_arithmetic<23>(Simd::sub(bits, Simd::broadcast(int32_t{0x3F3504F3})));
  const f32 mantissa = Simd::from_bits(Simd::sub(bits, Simd::shift_left<23>(exponent)));
  const f32 n = Simd::sub(Simd::to_f32(exponent),
                          Simd::select(tiny, Simd::broadcast(24.0f), Simd::broadcast(0.0f)));
  const f32 f = Simd::sub(mantissa, Simd::broadcast(1.0f));
  constexpr float kTail[] = {0.33333331f, -0.25000820f, 0.20001227f, -0.16623357f,
                             0.14201759f, -0.13160183f, 0.12761575f, -0.07634493f};
  const f32 square = Simd::mul(f, f);
  f32 rest = Simd::mul(Simd::mul(square, f), polynomial(f, kTail));
  rest = Simd::fma(n, Simd::broadcast(-2.12194440e-4f), rest);
  rest = Simd::fnma(Simd::broadcast(0.5f), square, rest);
  f32 result = Simd::fma(n, Simd::broadcast(0.693359375f), Simd::add(f, rest));
  const f32 infinity = Simd::broadcast(__builtin_inff());
  const f32 zero = Simd::broadcast(0.0f);
  result = Simd::select(Simd::equal(x, infinity), x, result);
  result = Simd::select(Simd::equal(x, zero), Simd::neg(infinity), result);
  result = Simd::select(Simd::less(x, zero), Simd::broadcast(__builtin_nanf("")), result);
  return Simd::select(Simd::is_nan(x), x, result);
}

// ln(1 + e) for e in [0, 1].
LITE_INLINE Simd::f32 log1p_of_fraction(Simd::f32 e) {
  const Simd::f32 s = Simd::div(e, Simd::add(Simd::broadcast(2.0f), e));
  const Simd::f32 square = Simd::mul(s, s);
  constexpr float kTail[] = {0.66666675f, 0.39998889f, 0.28616598f, 0.21430741f, 0.24289559f};
  const Simd::f32 cube = Simd::mul(square, s);
  return Simd::fma(cube, polynomial(square, kTail), Simd::add(s, s));
}

// e^-|x|, and from it x's sigmoid: neither end overflows, and the lower end keeps its precision.
LITE_INLINE Simd::f32 exact_sigmoid(Simd::f32 x) {
  const Simd::f32 one = Simd::broadcast(1.0f);
  const Simd::f32 e = exp_f32(Simd::neg(Simd::abs(x)));
  const Simd::f32 upper = Simd::div(one, Simd::add(one, e));
  return Simd::select(Simd::less(x, Simd::broadcast(0.0f)), Simd::mul(e, upper), upper);
}

// x * tanh(ln(1 + e^x)) = x * (w^2 + 2 w) / (w^2 + 2 w + 2) with w = e^x, turned around for x > 0.
LITE_INLINE Simd::f32 mish_f32(Simd::f32 x) {
  using f32 = Simd::f32;
  const f32 one = Simd::broadcast(1.0f), two = Simd::broadcast(2.0f);
  const f32 e = exp_f32(Simd::neg(Simd::abs(x)));
  const auto positive = Simd::less(Simd::broadcast(0.0f), x);
  const f32 numerator =
      Simd::select(positive, Simd::fma(two, e, one), Simd::mul(e, Simd::add(e, two)));
  const f32 rest = Simd::select(positive, Simd::mul(two, Simd::mul(e, e)), two);
  return Simd::mul(x, Simd::div(numerator, Simd::add(numerator, rest)));
}

// x rounded to 12 bits: its square, and its product with the rest of x, lose nothing to rounding.
LITE_INLINE Simd::f32 leading_bits(Simd::f32 x) {
  return Simd::from_bits(Simd::bit_and(Simd::bits(x), Simd::broadcast(int32_t{-4096})));
}

// P(X <= -t) for a standard normal X and t >= 0, with relative precision down to denormals.
LITE_INLINE Simd::f32 normal_tail(Simd::f32 t) {
  using f32 = Simd::f32;
  t = Simd::min(Simd::broadcast(20.0f), t);
  const f32 high = leading_bits(t);
  const f32 half = Simd::broadcast(-0.5f);
  const f32 low = Simd::mul(Simd::sub(t, high), Simd::add(t, high));
  const f32 bell = exp_of_sum(Simd::mul(half, Simd::mul(high, high)), Simd::mul(half, low));
  const f32 one = Simd::broadcast(1.0f);
  const f32 q = Simd::div(one, Simd::fma(Simd::broadcast(0.3f), t, one));
  constexpr float kRatio[] = {0.11968672f,  0.11957131f, 0.11023936f,  0.078372158f, 0.096205086f,
                              -0.07950944f, 0.19188361f, -0.22828501f, 0.11246489f,  -0.020628678f};
  return Simd::mul(bell, Simd::mul(q, polynomial(q, kRatio)));
}

LITE_INLINE Simd::f32 gelu_f32(Simd::f32 x) {
  const Simd::f32 tail = normal_tail(Simd::abs(x));
  const auto negative = Simd::less(x, Simd::broadcast(0.0f));
  return Simd::mul(x, Simd::select(negative, tail, Simd::sub(Simd::broadcast(1.0f), tail)));
}

LITE_INLINE Simd::f32 gelu_by_tanh(Simd::f32 x) {
  const Simd::f32 square = Simd::mul(x, x);
  const Simd::f32 slope =
      Simd::fma(square, Simd::broadcast(0.071354816f), Simd::broadcast(1.5957691f));
  return Simd::mul(x, exact_sigmoid(Simd::mul(x, slope)));
}

LITE_INLINE Simd::f32 erf_f32(Simd::f32 x) {
  using f32 = Simd::f32;
  const f32 one = Simd::broadcast(1.0f);
  constexpr float kSmall[] = {1.1283791f,    -0.37612626f,    0.11283585f,  -0.026853813f,
                              0.0051883277f, -0.00080101937f, 7.8538607e-5f};
  const f32 small = Simd::mul(x, polynomial(Simd::mul(x, x), kSmall));
  const f32 size = Simd::min(Simd::broadcast(4.1f), Simd::abs(x));
  const f32 q = Simd::div(one, Simd::fma(Simd::broadcast(0.4f), size, one));
  constexpr float kRatio[] = {0.22584088f, 0.22421022f, 0.21062239f, 0.18334781f,
                              0.04960357f, 0.21332882f, -0.10714179f};
  const f32 ratio = Simd::mul(q, polynomial(q, kRatio));
  const f32 rest = Simd::mul(exp_f32(Simd::neg(Simd::mul(size, size))), ratio);
  const f32 large = Simd::sub(one, rest);
  const f32 signed_large =
      Simd::select(Simd::less(x, Simd::broadcast(0.0f)), Simd::neg(large), large);
  return Simd::select(Simd::less(Simd::abs(x), one), small, signed_large);
}

}  // namespace
}  // namespace lite
