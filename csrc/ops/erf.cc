// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "ops/elementwise/unary.h"

namespace lite {
namespace {

struct Erf {
  static constexpr auto kernel = &unary::Kernels::erf;
  static double apply(double x, const unary::Parameters&) { return std::erf(x); }
};

}  // namespace
}  // namespace lite

LITE_OP(erf, FloatUnary<Erf>, "", "f32 f16 f64", kInPlace)
