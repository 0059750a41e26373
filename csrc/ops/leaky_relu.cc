// SPDX-License-Identifier: Apache-2.0
#include "ops/elementwise/unary.h"

namespace lite {
namespace {

struct LeakyRelu {
  static constexpr auto kernel = &unary::Kernels::leaky_relu;
  static unary::Parameters parameters(const Attributes& a) {
    return {a.real("alpha", 0.01f), 0.0f};
  }
  static double apply(double x, const unary::Parameters& p) { return x < 0.0 ? p.alpha * x : x; }
};

}  // namespace
}  // namespace lite

LITE_OP(leaky_relu, FloatUnary<LeakyRelu>, "alpha", "f32 f16 f64", kInPlace)
