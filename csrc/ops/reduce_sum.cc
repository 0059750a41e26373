// SPDX-License-Identifier: Apache-2.0
#include "ops/reduce/reduce.h"

namespace lite {
namespace {

struct ReduceSum {
  static constexpr auto kernel = &reduce::Kernels::sum;
  static constexpr bool kMean = false;
  template <class T>
  using Accumulator = WideAccumulator<T>;
  template <class T>
  static T neutral() {
    return T(0);
  }
  template <class T>
  static T fold(T a, T b) {
    return wrapping_add(a, b);
  }
};

}  // namespace
}  // namespace lite

LITE_OP(reduce_sum, NumberReduce<ReduceSum>, "axes keepdims",
        "f32 f16 f64 s8 u8 s16 u16 s32 u32 s64 u64", 0)
