// SPDX-License-Identifier: Apache-2.0
#include "ops/elementwise/unary.h"

namespace lite {
namespace {

struct Sign {
  static constexpr auto kernel = &unary::Kernels::sign;
  template <class T>
  static T apply(T x, const unary::Parameters&) {
    return x > T(0) ? T(1) : x < T(0) ? static_cast<T>(-1) : x;
  }
};

using SignOp = AlsoHalf<
    Unary<Sign, double, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t>>;

}  // namespace
}  // namespace lite

LITE_OP(sign, SignOp, "", "f32 f16 f64 s8 u8 s16 u16 s32 u32 s64 u64", kInPlace)
