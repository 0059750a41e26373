// SPDX-License-Identifier: Apache-2.0
// Activations in double, and how near a kernel's float must be.
#pragma once

#include <cmath>

#include "kernels/activation.h"

namespace meaning {

inline double activate(const lite::Activation& activation, double x) {
  const double alpha = activation.alpha, beta = activation.beta;
  switch (activation.kind) {
    case lite::ActivationKind::bounds:
      return std::fmin(std::fmax(x, activation.lo), activation.hi);
    case lite::ActivationKind::leaky_relu:
      return x < 0 ? alpha * x : x;
    case lite::ActivationKind::hard_swish:
      return x * std::fmin(std::fmax(x + 3, 0), 6) / 6;
    case lite::ActivationKind::affine_hard_swish:
      return alpha * (x * std::fmin(std::fmax(x + 3, 0), 6) / 6) + beta;
    case lite::ActivationKind::swish:
      return x / (1 + std::exp(-x));
    case lite::ActivationKind::sigmoid:
      return 1 / (1 + std::exp(-x));
    case lite::ActivationKind::hard_sigmoid:
      return std::fmin(std::fmax(alpha * x + beta, 0), 1);
  }
  return x;
}

// All of them, by turns.
inline lite::Activation activation(int turn) {
  lite::Activation result;
  result.kind = static_cast<lite::ActivationKind>(turn % 7);
  result.alpha = 0.25f;
  result.beta = 0.5f;
  if (result.kind == lite::ActivationKind::bounds && turn % 4 != 0) {
    result.lo = -0.5f;
    result.hi = 0.75f;
  }
  return result;
}

inline bool near(float found, double expected, double terms) {
  return std::fabs(found - expected) <= 1e-6 * (terms + 2);
}

}  // namespace meaning
