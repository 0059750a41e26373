// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "ops/elementwise/unary.h"

namespace lite {
namespace {

struct Elu {
  static constexpr auto kernel = &unary::Kernels::elu;
  static unary::Parameters parameters(const Attributes& a) { return {a.real("alpha", 1.0f), 0.0f}; }
  static double apply(double x, const unary::Parameters& p) {
    return x < 0.0 ? p.alpha * std::expm1(x) : x;
  }
};

}  // namespace
}  // namespace lite

LITE_OP(elu, FloatUnary<Elu>, "alpha", "f32 f16 f64", kInPlace)
