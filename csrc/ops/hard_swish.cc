// SPDX-License-Identifier: Apache-2.0
#include "ops/elementwise/unary.h"

namespace lite {
namespace {

struct HardSwish {
  static constexpr auto kernel = &unary::Kernels::hard_swish;
  static double apply(double x, const unary::Parameters&) {
    return x * (x < -3.0 ? 0.0 : x > 3.0 ? 1.0 : x / 6.0 + 0.5);
  }
};

}  // namespace
}  // namespace lite

LITE_OP(hard_swish, FloatUnary<HardSwish>, "", "f32 f16 f64", kInPlace)
