// SPDX-License-Identifier: Apache-2.0
// How the sums of a layer of integers become outputs:
//   y = clamp(rint(float(sum) * scale[c] [+ float(residual - residual_zero) * residual_scale])
//             + y_zero, lo, hi)
// in single steps of IEEE single precision, as base/requant.h has them.
#pragma once

#include <cstdint>

namespace lite {

struct Requantization {
  int32_t x_zero = 0;  // the input that stands for 0, and fills paddings
  int32_t y_zero = 0, lo = -128, hi = 127;
  float residual_scale = 0.0f;
  int32_t residual_zero = 0;
};

}  // namespace lite
