// SPDX-License-Identifier: Apache-2.0
#include "ops/elementwise/binary.h"

namespace lite {
namespace {

struct NotEqual {
  using Result = bool;
  static constexpr auto kernel = &binary::Kernels::not_equal;
  template <class T>
  static bool apply(T a, T b) {
    return a != b;
  }
};

using NotEqualOp = AlsoHalf<Binary<NotEqual, float, double, bool, int8_t, int16_t, int32_t, int64_t,
                                   uint8_t, uint16_t, uint32_t, uint64_t>>;

}  // namespace
}  // namespace lite

LITE_OP(not_equal, NotEqualOp, "", "f32 f16 f64 s8 u8 s16 u16 s32 u32 s64 u64 bool", 0)
