// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "ops/elementwise/unary.h"

namespace lite {
namespace {

struct Softplus {
  static constexpr auto kernel = &unary::Kernels::softplus;
  static double apply(double x, const unary::Parameters&) {
    return (x < 0.0 ? 0.0 : x) + std::log1p(std::exp(-std::fabs(x)));
  }
};

}  // namespace
}  // namespace lite

LITE_OP(softplus, FloatUnary<Softplus>, "", "f32 f16 f64", kInPlace)
