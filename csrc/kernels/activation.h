// SPDX-License-Identifier: Apache-2.0
// Activations that kernels apply to their sums before or right after storing them.
#pragma once

#include <cstdint>

namespace lite {

// bounds: min(max(y, lo), hi), in registers; the others run over what was just stored.
enum class ActivationKind : uint8_t {
  bounds,
  leaky_relu,
  hard_swish,
  affine_hard_swish,
  swish,
  sigmoid,
  hard_sigmoid
};

struct Activation {
  ActivationKind kind = ActivationKind::bounds;
  float lo = -__builtin_inff();
  float hi = __builtin_inff();
  float alpha = 0.0f;  // leaky_relu, hard_sigmoid: slope; affine_hard_swish: factor
  float beta = 0.0f;   // hard_sigmoid, affine_hard_swish: offset
};

}  // namespace lite
