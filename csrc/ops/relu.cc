// SPDX-License-Identifier: Apache-2.0
#include "ops/elementwise/unary.h"

namespace lite {
namespace {

struct Relu {
  static constexpr auto kernel = &unary::Kernels::relu;
  template <class T>
  static T apply(T x, const unary::Parameters&) {
    return x > T(0) || x != x ? x : T(0);
  }
};

using ReluOp = AlsoHalf<Unary<Relu, double, int8_t, int16_t, int32_t, int64_t>>;

}  // namespace
}  // namespace lite

LITE_OP(relu, ReluOp, "", "f32 f16 f64 s8 s16 s32 s64", kInPlace)
