// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "ops/reduce/reduce.h"

namespace lite {
namespace {

struct ReduceMax {
  static constexpr auto kernel = &reduce::Kernels::max;
  static constexpr bool kMean = false;
  template <class T>
  using Accumulator = T;
  template <class T>
  static T neutral() {
    return std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity()
                                                : std::numeric_limits<T>::min();
  }
  template <class T>
  static T fold(T a, T b) {
    return a > b || a != a ? a : b;
  }
};

}  // namespace
}  // namespace lite

LITE_OP(reduce_max, AnyReduce<ReduceMax>, "axes keepdims",
        "f32 f16 f64 s8 u8 s16 u16 s32 u32 s64 u64 bool", 0)
