// SPDX-License-Identifier: Apache-2.0
// Sums of a layer to steps of its outputs, over whichever trait was included before this file. What
// is left then is to add y_zero and to keep to lo and hi. The steps are those of base/requant.h, in
// their order.
#pragma once

#include "kernels/requantization.h"
#include "simd/inline.h"

namespace lite {
namespace {

// Whether no product of a sum and the scale, or of a residual and its scale, and no sum of both is
// too large for 32 bits: if so, bounds may come after rounding.
LITE_INLINE bool fits_steps(Simd::f32 scales) {
  return Simd::all(Simd::less_equal(Simd::abs(scales), Simd::broadcast(0.5f)));
}
LITE_INLINE bool fits_steps(const Requantization& to) {
  return to.residual_scale <= 1048576.0f && to.residual_scale >= -1048576.0f;
}

template <bool kFits>
class Requantizer {
 public:
  explicit LITE_INLINE Requantizer(const Requantization& to)
      : lo_(Simd::broadcast(static_cast<float>(to.lo - to.y_zero))),
        hi_(Simd::broadcast(static_cast<float>(to.hi - to.y_zero))),
        residual_scale_(Simd::broadcast(to.residual_scale)),
        residual_zero_(Simd::broadcast(to.residual_zero)),
        twice_(to.twice) {}

  [[nodiscard]] LITE_INLINE Simd::s32 steps(Simd::s32 sums, Simd::f32 scale) const {
    const Simd::f32 steps = Simd::mul(Simd::to_f32(sums), scale);
    return rounded(twice_ ? rounded_before(steps, scale) : steps);
  }
  [[nodiscard]] LITE_INLINE Simd::s32 steps(Simd::s32 sums, Simd::f32 scale,
                                            Simd::s32 residual) const {
    const Simd::f32 added = Simd::to_f32(Simd::sub(residual, residual_zero_));
    return rounded(
        Simd::add(Simd::mul(Simd::to_f32(sums), scale), Simd::mul(added, residual_scale_)));
  }

 private:
  static LITE_INLINE Simd::f32 rounded_before(Simd::f32 steps, Simd::f32 scale) {
    const Simd::s32 part = Simd::bit_and(Simd::bits(scale), Simd::broadcast(int32_t{0x7F800000}));
    const Simd::s32 sign = Simd::bit_and(Simd::bits(steps), Simd::broadcast(INT32_MIN));
    return Simd::add(steps, Simd::from_bits(Simd::add(part, sign)));
  }
  [[nodiscard]] LITE_INLINE Simd::s32 rounded(Simd::f32 steps) const {
    return Simd::round_to_s32(kFits ? steps : Simd::min(Simd::max(steps, lo_), hi_));
  }

  Simd::f32 lo_, hi_, residual_scale_;
  Simd::s32 residual_zero_;
  bool twice_;
};

}  // namespace
}  // namespace lite
