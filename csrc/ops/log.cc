// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "ops/elementwise/unary.h"

namespace lite {
namespace {

struct Log {
  static constexpr auto kernel = &unary::Kernels::log;
  static double apply(double x, const unary::Parameters&) { return std::log(x); }
};

}  // namespace
}  // namespace lite

LITE_OP(log, FloatUnary<Log>, "", "f32 f16 f64", kInPlace)
