// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "ops/elementwise/unary.h"

namespace lite {
namespace {

struct Mish {
  static constexpr auto kernel = &unary::Kernels::mish;
  static double apply(double x, const unary::Parameters&) {
    return x * std::tanh(std::fmax(x, 0.0) + std::log1p(std::exp(-std::fabs(x))));
  }
};

}  // namespace
}  // namespace lite

LITE_OP(mish, FloatUnary<Mish>, "", "f32 f16 f64", kInPlace)
