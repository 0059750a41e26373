// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "ops/elementwise/unary.h"

namespace lite {
namespace {

struct Tanh {
  static constexpr auto kernel = &unary::Kernels::tanh;
  static double apply(double x, const unary::Parameters&) { return std::tanh(x); }
};

}  // namespace
}  // namespace lite

LITE_OP(tanh, FloatUnary<Tanh>, "", "f32 f16 f64", kInPlace)
