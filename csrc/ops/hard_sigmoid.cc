// SPDX-License-Identifier: Apache-2.0
#include "ops/elementwise/unary.h"

namespace lite {
namespace {

struct HardSigmoid {
  static constexpr auto kernel = &unary::Kernels::hard_sigmoid;
  static unary::Parameters parameters(const Attributes& a) {
    return {a.real("alpha", 0.2f), a.real("beta", 0.5f)};
  }
  static double apply(double x, const unary::Parameters& p) {
    const double line = p.alpha * x + p.beta;
    return line < 0.0 ? 0.0 : line > 1.0 ? 1.0 : line;
  }
};

}  // namespace
}  // namespace lite

LITE_OP(hard_sigmoid, FloatUnary<HardSigmoid>, "alpha beta", "f32 f16 f64", kInPlace)
