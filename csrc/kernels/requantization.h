// SPDX-License-Identifier: Apache-2.0
// What layers of integers share: which weights are narrow, and how sums become outputs:
//   y = clamp(rint(float(sum) * scale[c] [+ float(residual - residual_zero) * residual_scale])
//             + y_zero, lo, hi)
// in single steps of IEEE single precision, as base/requant.h has them.
#pragma once

#include <cstdint>

namespace lite {

// Weights up to this magnitude are narrow: two products of them with bytes without sign add up
// within 16 bits, where some instruction sets would saturate.
inline constexpr int32_t kGreatestNarrowWeight = 64;
inline constexpr int32_t kGreatestWeight = 128;
static_assert(2 * UINT8_MAX * kGreatestNarrowWeight <= INT16_MAX);
static_assert(2 * UINT8_MAX * -kGreatestNarrowWeight >= INT16_MIN);

// Sums up to this magnitude are small: 1.5 * 2^23 and such a sum are a float, whose bits count it.
// Steps up to the other one, residuals included, are: they and a zero point fit 16 bits.
inline constexpr int64_t kGreatestSmallSum = (int64_t{1} << 22) - 1;
inline constexpr float kGreatestSmallSteps = 32000.0f;

// What is known of the sums of a layer, whatever its inputs.
enum class Sums : uint8_t {
  any,
  small_steps,  // all steps are small
  small,        // and so are all sums
};

struct Requantization {
  int32_t x_zero = 0;  // the input that stands for 0, and fills paddings
  int32_t y_zero = 0, lo = -128, hi = 127;
  float residual_scale = 0.0f;
  int32_t residual_zero = 0;
  bool twice =
      false;  // steps are rounded to parts of them first; without a residual, see rounded_before
};

}  // namespace lite
