// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>
#include <type_traits>

#include "ops/elementwise/unary.h"

namespace lite {
namespace {

// A bound of integers is the nearest one inside; floats hold it exactly or lie outside of the type.
template <class T>
T bound_of(float bound) {
  if (!(bound > static_cast<float>(std::numeric_limits<T>::min())))
    return std::numeric_limits<T>::min();
  if (bound >= static_cast<float>(std::numeric_limits<T>::max()))
    return std::numeric_limits<T>::max();
  return static_cast<T>(bound);
}

struct Clip {
  static constexpr auto kernel = &unary::Kernels::clip;
  static unary::Parameters parameters(const Attributes& a) {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    return {a.real("lo", -kInfinity), a.real("hi", kInfinity)};
  }
  template <class T>
  static T apply(T x, const unary::Parameters& p) {
    if constexpr (std::is_integral_v<T>) {
      const T lo = bound_of<T>(std::ceil(p.alpha)), hi = bound_of<T>(std::floor(p.beta));
      const T raised = x < lo ? lo : x;
      return hi < raised ? hi : raised;
    } else {
      const T raised = x < p.alpha ? static_cast<T>(p.alpha) : x;
      return p.beta < raised ? static_cast<T>(p.beta) : raised;
    }
  }
};

using ClipOp = AlsoHalf<
    Unary<Clip, double, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t>>;

}  // namespace
}  // namespace lite

LITE_OP(clip, ClipOp, "lo hi", "f32 f16 f64 s8 u8 s16 u16 s32 u32 s64 u64", kInPlace)
