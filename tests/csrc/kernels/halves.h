// SPDX-License-Identifier: Apache-2.0
// Halves in tests: what multiply-adds of them give, to the bit, and how near activations must be.
#pragma once

#include <cmath>

#include "base/half.h"
#include "guarded.h"
#include "meaning.h"

namespace lite {

inline bool operator==(Half a, Half b) { return a.bits == b.bits; }

}  // namespace lite

namespace halves {

using lite::Half;
using Array = guarded::Array<Half>;

inline double value(Half x) { return static_cast<double>(lite::half_to_float(x)); }

inline double rounded(double x) { return value(lite::double_to_half(x)); }

// a * b + c, rounded once: the double holds it all.
inline double fma(Half a, Half b, double c) { return rounded(value(a) * value(b) + c); }

inline void fill(Array& array, guarded::Random& random) {
  for (int64_t i = 0; i < array.size(); ++i) array[i] = lite::float_to_half(random.next());
}

// A kernel's result for a sum that it has already rounded.
inline bool is_activated(Half found, const lite::Activation& activation, double sum) {
  const double expected = meaning::activate(activation, sum);
  if (activation.kind == lite::ActivationKind::bounds) return value(found) == rounded(expected);
  return std::fabs(value(found) - expected) <= std::ldexp(std::fabs(expected) + std::fabs(sum), -9);
}

}  // namespace halves
