// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "ops/elementwise/unary.h"

namespace lite {
namespace {

struct Sigmoid {
  static constexpr auto kernel = &unary::Kernels::sigmoid;
  static double apply(double x, const unary::Parameters&) {
    const double e = std::exp(-std::fabs(x));
    return (x < 0.0 ? e : 1.0) / (1.0 + e);
  }
};

}  // namespace
}  // namespace lite

LITE_OP(sigmoid, FloatUnary<Sigmoid>, "", "f32 f16 f64", kInPlace)
