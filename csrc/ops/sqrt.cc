// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "ops/elementwise/unary.h"

namespace lite {
namespace {

struct Sqrt {
  static constexpr auto kernel = &unary::Kernels::sqrt;
  static double apply(double x, const unary::Parameters&) { return std::sqrt(x); }
};

}  // namespace
}  // namespace lite

LITE_OP(sqrt, FloatUnary<Sqrt>, "", "f32 f16 f64", kInPlace)
