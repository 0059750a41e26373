// SPDX-License-Identifier: Apache-2.0
// Sums of a layer to outputs, over whichever trait was included before this file. The steps are
// those of base/requant.h, in their order.
#pragma once

#include "kernels/requantization.h"
#include "simd/inline.h"

namespace lite {
namespace {

class Requantizer {
 public:
  explicit LITE_INLINE Requantizer(const Requantization& to)
      : lo_(Simd::broadcast(static_cast<float>(to.lo - to.y_zero))),
        hi_(Simd::broadcast(static_cast<float>(to.hi - to.y_zero))),
        y_zero_(Simd::broadcast(to.y_zero)),
        residual_scale_(Simd::broadcast(to.residual_scale)),
        residual_zero_(Simd::broadcast(to.residual_zero)) {}

  [[nodiscard]] LITE_INLINE Simd::s32 outputs(Simd::s32 sums, Simd::f32 scale) const {
    return placed(Simd::mul(Simd::to_f32(sums), scale));
  }
  [[nodiscard]] LITE_INLINE Simd::s32 outputs(Simd::s32 sums, Simd::f32 scale,
                                              Simd::s32 residual) const {
    const Simd::f32 added = Simd::to_f32(Simd::sub(residual, residual_zero_));
    return placed(
        Simd::add(Simd::mul(Simd::to_f32(sums), scale), Simd::mul(added, residual_scale_)));
  }

 private:
  [[nodiscard]] LITE_INLINE Simd::s32 placed(Simd::f32 steps) const {
    const Simd::f32 bounded = Simd::min(Simd::max(steps, lo_), hi_);
    return Simd::add(Simd::round_to_s32(bounded), y_zero_);
  }

  Simd::f32 lo_, hi_;
  Simd::s32 y_zero_;
  Simd::f32 residual_scale_;
  Simd::s32 residual_zero_;
};

}  // namespace
}  // namespace lite
