// SPDX-License-Identifier: Apache-2.0
#include "ops/elementwise/binary.h"
#include "ops/elementwise/integers.h"

namespace lite {
namespace {

struct Prelu {
  static constexpr auto kernel = &binary::Kernels::prelu;
  template <class T>
  static T apply(T x, T slope) {
    return x < T(0) ? wrapping_mul(x, slope) : x;
  }
};

using PreluOp = AlsoHalf<Binary<Prelu, float, double, int8_t, int16_t, int32_t, int64_t>>;

}  // namespace
}  // namespace lite

LITE_OP(prelu, PreluOp, "", "f32 f16 f64 s8 s16 s32 s64", kInPlace)
