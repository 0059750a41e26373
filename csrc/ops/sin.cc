// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "ops/elementwise/unary.h"

namespace lite {
namespace {

struct Sin {
  template <class T>
  static T apply(T x, const unary::Parameters&) {
    return static_cast<T>(std::sin(static_cast<double>(x)));
  }
};

}  // namespace
}  // namespace lite

LITE_OP(sin, PlainFloatUnary<Sin>, "", "f32 f16 f64", kInPlace)
