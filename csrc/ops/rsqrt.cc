// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "ops/elementwise/unary.h"

namespace lite {
namespace {

struct Rsqrt {
  static constexpr auto kernel = &unary::Kernels::rsqrt;
  static double apply(double x, const unary::Parameters&) { return 1.0 / std::sqrt(x); }
};

}  // namespace
}  // namespace lite

LITE_OP(rsqrt, FloatUnary<Rsqrt>, "", "f32 f16 f64", kInPlace)
