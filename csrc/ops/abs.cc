// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <type_traits>

#include "ops/elementwise/integers.h"
#include "ops/elementwise/unary.h"

namespace lite {
namespace {

struct Abs {
  static constexpr auto kernel = &unary::Kernels::abs;
  template <class T>
  static T apply(T x, const unary::Parameters&) {
    if constexpr (std::is_unsigned_v<T>)
      return x;
    else if constexpr (std::is_integral_v<T>)
      return x < 0 ? wrapping_neg(x) : x;
    else
      return std::fabs(x);
  }
};

using AbsOp = AlsoHalf<
    Unary<Abs, double, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t>>;

}  // namespace
}  // namespace lite

LITE_OP(abs, AbsOp, "", "f32 f16 f64 s8 u8 s16 u16 s32 u32 s64 u64", kInPlace)
