// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "ops/elementwise/unary.h"

namespace lite {
namespace {

struct Exp {
  static constexpr auto kernel = &unary::Kernels::exp;
  static double apply(double x, const unary::Parameters&) { return std::exp(x); }
};

}  // namespace
}  // namespace lite

LITE_OP(exp, FloatUnary<Exp>, "", "f32 f16 f64", kInPlace)
