// SPDX-License-Identifier: Apache-2.0
// Arithmetic that C++ leaves undefined for integers, defined: it wraps around and never traps.
// The same functions take floats, which have it defined.
#pragma once

#include <cmath>
#include <cstdint>
#include <type_traits>

namespace lite {

// The unsigned type in which T's arithmetic wraps around; at least as wide as unsigned, because
// narrower types are promoted to int.
template <class T>
using Wrapping = std::conditional_t<(sizeof(T) < 4), uint32_t, std::make_unsigned_t<T>>;

template <class T>
T wrapping_add(T a, T b) {
  if constexpr (std::is_integral_v<T>)
    return static_cast<T>(static_cast<Wrapping<T>>(a) + static_cast<Wrapping<T>>(b));
  else
    return a + b;
}

template <class T>
T wrapping_sub(T a, T b) {
  if constexpr (std::is_integral_v<T>)
    return static_cast<T>(static_cast<Wrapping<T>>(a) - static_cast<Wrapping<T>>(b));
  else
    return a - b;
}

template <class T>
T wrapping_neg(T x) {
  if constexpr (std::is_integral_v<T>)
    return wrapping_sub(T(0), x);
  else
    return -x;
}

template <class T>
T wrapping_mul(T a, T b) {
  if constexpr (std::is_integral_v<T>)
    return static_cast<T>(static_cast<Wrapping<T>>(a) * static_cast<Wrapping<T>>(b));
  else
    return a * b;
}

// Towards zero; x / 0 = 0, and the least value / -1 wraps around to itself.
template <class T>
T safe_div(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    if (b == 0) return 0;
    if constexpr (std::is_signed_v<T>)
      if (b == -1) return wrapping_neg(a);
    return static_cast<T>(a / b);
  } else {
    return a / b;
  }
}

// With the sign of a; 0 for integers if b is 0.
template <class T>
T truncated_mod(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    if (b == 0) return 0;
    if constexpr (std::is_signed_v<T>)
      if (b == -1) return 0;
    return static_cast<T>(a % b);
  } else {
    return std::fmod(a, b);
  }
}

// With the sign of b.
template <class T>
T floored_mod(T a, T b) {
  const T rest = truncated_mod(a, b);
  if (rest != T(0)) return (rest < T(0)) != (b < T(0)) ? static_cast<T>(rest + b) : rest;
  if constexpr (std::is_floating_point_v<T>)
    return std::copysign(rest, b);
  else
    return rest;
}

// Integers modulo the width; towards zero for a negative exponent, and 0 of 0.
template <class T>
T power(T base, T exponent) {
  if constexpr (std::is_floating_point_v<T>) {
    return std::pow(base, exponent);
  } else {
    if constexpr (std::is_signed_v<T>)
      if (exponent < 0) return base == 1 ? 1 : base == -1 ? (exponent % 2 == 0 ? 1 : -1) : 0;
    T result = 1;
    for (; exponent != 0; exponent = static_cast<T>(exponent / 2)) {
      if (exponent % 2 != 0) result = wrapping_mul(result, base);
      base = wrapping_mul(base, base);
    }
    return result;
  }
}

}  // namespace lite
