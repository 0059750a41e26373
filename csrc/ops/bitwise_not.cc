// SPDX-License-Identifier: Apache-2.0
#include "ops/elementwise/unary.h"

namespace lite {
namespace {

struct BitwiseNot {
  template <class T>
  static T apply(T x, const unary::Parameters&) {
    return static_cast<T>(~x);
  }
};

using BitwiseNotOp =
    Unary<BitwiseNot, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t>;

}  // namespace
}  // namespace lite

LITE_OP(bitwise_not, BitwiseNotOp, "", "s8 u8 s16 u16 s32 u32 s64 u64", kInPlace)
