// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "ops/elementwise/unary.h"

namespace lite {
namespace {

struct Swish {
  static constexpr auto kernel = &unary::Kernels::swish;
  static unary::Parameters parameters(const Attributes& a) { return {0.0f, a.real("beta", 1.0f)}; }
  static double apply(double x, const unary::Parameters& p) {
    const double e = std::exp(-std::fabs(p.beta * x));
    return x * ((p.beta * x < 0.0 ? e : 1.0) / (1.0 + e));
  }
};

}  // namespace
}  // namespace lite

LITE_OP(swish, FloatUnary<Swish>, "beta", "f32 f16 f64", kInPlace)
