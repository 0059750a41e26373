// SPDX-License-Identifier: Apache-2.0
// Where each output of a resized axis looks in the input, as lite/ops/_resize.py has it: in float,
// step by step, because a nearest choice at a half depends on the rounding.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lite {

struct ResizeRule {
  std::string mode;         // nearest, linear, cubic
  std::string coordinates;  // half_pixel ...
  std::string nearest;      // round_prefer_floor ...
  float cubic_coeff_a = -0.75f;
  bool exclude_outside = false;
};

struct AxisTaps {
  int taps = 1;                    // 1, 2 or 4
  std::vector<int64_t> positions;  // [outputs][taps], each in [0, extent)
  std::vector<float> weights;      // the same; none for one tap
};

// scale: output per input; 0: from the extents. extent >= 1.
AxisTaps resize_taps(const ResizeRule& rule, int64_t extent, int64_t outputs, float scale);

}  // namespace lite
