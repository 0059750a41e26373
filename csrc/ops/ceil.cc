// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "ops/elementwise/unary.h"

namespace lite {
namespace {

struct Ceil {
  static constexpr auto kernel = &unary::Kernels::ceil;
  static double apply(double x, const unary::Parameters&) { return std::ceil(x); }
};

}  // namespace
}  // namespace lite

LITE_OP(ceil, FloatUnary<Ceil>, "", "f32 f16 f64", kInPlace)
