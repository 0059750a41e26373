// SPDX-License-Identifier: Apache-2.0
#include "ops/elementwise/integers.h"
#include "ops/elementwise/unary.h"

namespace lite {
namespace {

struct Neg {
  static constexpr auto kernel = &unary::Kernels::neg;
  template <class T>
  static T apply(T x, const unary::Parameters&) {
    return wrapping_neg(x);
  }
};

using NegOp = AlsoHalf<Unary<Neg, double, int8_t, int16_t, int32_t, int64_t>>;

}  // namespace
}  // namespace lite

LITE_OP(neg, NegOp, "", "f32 f16 f64 s8 s16 s32 s64", kInPlace)
