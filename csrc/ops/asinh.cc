// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "ops/elementwise/unary.h"

namespace lite {
namespace {

struct Asinh {
  template <class T>
  static T apply(T x, const unary::Parameters&) {
    return static_cast<T>(std::asinh(static_cast<double>(x)));
  }
};

}  // namespace
}  // namespace lite

LITE_OP(asinh, PlainFloatUnary<Asinh>, "", "f32 f16 f64", kInPlace)
