// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "ops/elementwise/unary.h"

namespace lite {
namespace {

struct Selu {
  static constexpr auto kernel = &unary::Kernels::selu;
  static unary::Parameters parameters(const Attributes& a) {
    return {a.real("alpha", 1.6732632f), a.real("gamma", 1.0507010f)};
  }
  static double apply(double x, const unary::Parameters& p) {
    return p.beta * (x < 0.0 ? p.alpha * std::expm1(x) : x);
  }
};

}  // namespace
}  // namespace lite

LITE_OP(selu, FloatUnary<Selu>, "alpha gamma", "f32 f16 f64", kInPlace)
