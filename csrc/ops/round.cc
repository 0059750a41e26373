// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "ops/elementwise/unary.h"

namespace lite {
namespace {

struct Round {
  static constexpr auto kernel = &unary::Kernels::round;
  static double apply(double x, const unary::Parameters&) { return std::nearbyint(x); }
};

}  // namespace
}  // namespace lite

LITE_OP(round, FloatUnary<Round>, "", "f32 f16 f64", kInPlace)
