// SPDX-License-Identifier: Apache-2.0
#include "ops/reduce/arg.h"

namespace lite {
namespace {

struct Min {
  static constexpr auto kernel = &reduce::Kernels::min;
  template <class T>
  static bool better(T candidate, T best) {
    return candidate < best;
  }
};

}  // namespace
}  // namespace lite

LITE_OP(arg_min, AlsoHalf<ArgReduce<Min>>, "axis keepdims select_last",
        "f32 f16 f64 s8 u8 s16 u16 s32 u32 s64 u64", 0)
