// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "ops/elementwise/unary.h"

namespace lite {
namespace {

struct Floor {
  static constexpr auto kernel = &unary::Kernels::floor;
  static double apply(double x, const unary::Parameters&) { return std::floor(x); }
};

}  // namespace
}  // namespace lite

LITE_OP(floor, FloatUnary<Floor>, "", "f32 f16 f64", kInPlace)
