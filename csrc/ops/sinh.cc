// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "ops/elementwise/unary.h"

namespace lite {
namespace {

struct Sinh {
  template <class T>
  static T apply(T x, const unary::Parameters&) {
    return static_cast<T>(std::sinh(static_cast<double>(x)));
  }
};

}  // namespace
}  // namespace lite

LITE_OP(sinh, PlainFloatUnary<Sinh>, "", "f32 f16 f64", kInPlace)
