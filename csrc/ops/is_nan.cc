// SPDX-License-Identifier: Apache-2.0
#include "ops/elementwise/unary.h"

namespace lite {
namespace {

struct IsNan {
  using Result = bool;
  template <class T>
  static bool apply(T x, const unary::Parameters&) {
    return x != x;
  }
};

}  // namespace
}  // namespace lite

LITE_OP(is_nan, PlainFloatUnary<IsNan>, "", "f32 f16 f64", 0)
