// SPDX-License-Identifier: Apache-2.0
#include "ops/elementwise/unary.h"

namespace lite {
namespace {

struct Relu6 {
  static constexpr auto kernel = &unary::Kernels::clip;
  static unary::Parameters parameters(const Attributes&) { return {0.0f, 6.0f}; }
  static double apply(double x, const unary::Parameters&) {
    return x < 0.0 ? 0.0 : x > 6.0 ? 6.0 : x;
  }
};

}  // namespace
}  // namespace lite

LITE_OP(relu6, FloatUnary<Relu6>, "", "f32 f16 f64", kInPlace)
