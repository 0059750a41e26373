// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "ops/elementwise/unary.h"

namespace lite {
namespace {

struct IsInf {
  using Result = bool;
  static unary::Parameters parameters(const Attributes& a) {
    return {a.boolean("detect_negative", true) ? 1.0f : 0.0f,
            a.boolean("detect_positive", true) ? 1.0f : 0.0f};
  }
  template <class T>
  static bool apply(T x, const unary::Parameters& p) {
    return std::isinf(x) && (x < T(0) ? p.alpha : p.beta) != 0.0f;
  }
};

}  // namespace
}  // namespace lite

LITE_OP(is_inf, PlainFloatUnary<IsInf>, "detect_negative detect_positive", "f32 f16 f64", 0)
