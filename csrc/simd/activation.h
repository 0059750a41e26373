// SPDX-License-Identifier: Apache-2.0
// The activations that are no bounds, over whichever trait was included before this file.
#pragma once

#include "kernels/activation.h"
#include "simd/math.h"

namespace lite {
namespace {

LITE_INLINE Simd::f32 clamp_unit(Simd::f32 x) {
  return Simd::min(Simd::broadcast(1.0f), Simd::max(Simd::broadcast(0.0f), x));
}

template <ActivationKind kKind>
LITE_INLINE Simd::f32 activate(Simd::f32 x, Simd::f32 alpha, Simd::f32 beta) {
  const Simd::f32 zero = Simd::broadcast(0.0f);
  if constexpr (kKind == ActivationKind::leaky_relu)
    return Simd::select(Simd::less(x, zero), Simd::mul(alpha, x), x);
  if constexpr (kKind == ActivationKind::hard_sigmoid) return clamp_unit(Simd::fma(alpha, x, beta));
  if constexpr (kKind == ActivationKind::affine_hard_swish)
    return Simd::add(Simd::mul(alpha, activate<ActivationKind::hard_swish>(x, alpha, beta)), beta);
  if constexpr (kKind == ActivationKind::hard_swish) {
    const Simd::f32 shifted = Simd::max(zero, Simd::add(x, Simd::broadcast(3.0f)));
    const Simd::f32 gate = Simd::min(Simd::broadcast(6.0f), shifted);
    return Simd::mul(Simd::mul(x, gate), Simd::broadcast(1.0f / 6.0f));
  }
  if constexpr (kKind == ActivationKind::sigmoid) return sigmoid_f32(x);
  if constexpr (kKind == ActivationKind::swish) return Simd::mul(x, sigmoid_f32(x));
  return x;
}

template <ActivationKind kKind>
void activate_rows(const Activation& activation, Simd::Element* y, int64_t stride, int64_t rows,
                   int64_t n) {
  const Simd::f32 alpha = Simd::broadcast(activation.alpha);
  const Simd::f32 beta = Simd::broadcast(activation.beta);
  for (int64_t row = 0; row < rows; ++row, y += stride) {
    int64_t i = 0;
    for (; i + Simd::kWidth <= n; i += Simd::kWidth)
      Simd::store(y + i, activate<kKind>(Simd::load(y + i), alpha, beta));
    if (i == n) continue;
    const int rest = static_cast<int>(n - i);
    Simd::store_partial(y + i, activate<kKind>(Simd::load_partial(y + i, rest), alpha, beta), rest);
  }
}

// Applies an activation to `rows` rows of n elements, `stride` apart.
inline void apply_activation(const Activation& activation, Simd::Element* y, int64_t stride,
                             int64_t rows, int64_t n) {
  switch (activation.kind) {
    case ActivationKind::bounds:
      return;
    case ActivationKind::leaky_relu:
      return activate_rows<ActivationKind::leaky_relu>(activation, y, stride, rows, n);
    case ActivationKind::hard_swish:
      return activate_rows<ActivationKind::hard_swish>(activation, y, stride, rows, n);
    case ActivationKind::affine_hard_swish:
      return activate_rows<ActivationKind::affine_hard_swish>(activation, y, stride, rows, n);
    case ActivationKind::swish:
      return activate_rows<ActivationKind::swish>(activation, y, stride, rows, n);
    case ActivationKind::sigmoid:
      return activate_rows<ActivationKind::sigmoid>(activation, y, stride, rows, n);
    case ActivationKind::hard_sigmoid:
      return activate_rows<ActivationKind::hard_sigmoid>(activation, y, stride, rows, n);
  }
}

}  // namespace
}  // namespace lite
