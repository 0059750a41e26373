// SPDX-License-Identifier: Apache-2.0
#include "ops/resizing/taps.h"

#include <algorithm>
#include <cmath>

namespace lite {
namespace {

// Any float as a position near [0, extent).
int64_t bounded(float at, int64_t extent) {
  if (!(at > -8.0f)) return -8;
  const float most = static_cast<float>(extent) + 8.0f;
  return static_cast<int64_t>(std::min(at, most));
}

class Coordinates {
 public:
  Coordinates(const std::string& mode, int64_t extent, int64_t outputs, float scale)
      : mode_(mode),
        extent_(static_cast<float>(extent)),
        outputs_(static_cast<float>(outputs)),
        scale_(scale != 0.0f ? scale : outputs_ / extent_) {}

  [[nodiscard]] float at(int64_t output) const {
    const float out = static_cast<float>(output);
    if (scale_ == 1.0f) return out;
    if (mode_ == "align_corners") return out * (extent_ - 1.0f) / std::max(outputs_ - 1.0f, 1.0f);
    if (mode_ == "asymmetric") return out / scale_;
    if (mode_ == "tf_half_pixel_for_nn") return (out + 0.5f) / scale_;
    if (mode_ == "pytorch_half_pixel" && outputs_ == 1.0f) return 0.0f;
    if (mode_ != "half_pixel_symmetric") return (out + 0.5f) / scale_ - 0.5f;
    const float adjustment = outputs_ / (scale_ * extent_);
    const double offset = extent_ / 2.0f * (1.0f - adjustment);
    return static_cast<float>(offset + (out + 0.5) / static_cast<double>(scale_) - 0.5);
  }

 private:
  const std::string& mode_;
  float extent_, outputs_, scale_;
};

int64_t nearest_position(const std::string& rounding, float at, int64_t extent) {
  const float below = std::floor(at), rest = at - below;
  const bool half = std::abs(rest - 0.5f) <= 1e-6f;
  const bool up = rounding == "ceil"                 ? rest > 0.0f
                  : rounding == "round_prefer_floor" ? rest > 0.5f && !half
                  : rounding == "round_prefer_ceil"  ? rest > 0.5f || half
                                                     : false;
  return std::clamp<int64_t>(bounded(below, extent) + (up ? 1 : 0), 0, extent - 1);
}

void add_linear(AxisTaps& taps, float at, int64_t extent) {
  const float inside = std::clamp(at, 0.0f, static_cast<float>(extent - 1));
  const int64_t below = std::clamp<int64_t>(bounded(inside, extent), 0, extent - 1);
  const float rest = inside - static_cast<float>(below);
  for (int64_t position : {below, std::min(below + 1, extent - 1)})
    taps.positions.push_back(position);
  for (float weight : {1.0f - rest, rest}) taps.weights.push_back(weight);
}

// Keys 1981: neighbours at distances 1 + s, s, 1 - s and 2 - s.
void add_cubic(AxisTaps& taps, const ResizeRule& rule, float at, int64_t extent) {
  const float a = rule.cubic_coeff_a, below = std::floor(at), s = at - below;
  const auto near = [a](float d) { return ((a + 2.0f) * d - (a + 3.0f)) * d * d + 1.0f; };
  const auto far = [a](float d) { return ((a * d - 5.0f * a) * d + 8.0f * a) * d - 4.0f * a; };
  float weights[] = {far(s + 1.0f), near(s), near(1.0f - s), far(2.0f - s)};
  const int64_t first = bounded(below, extent) - 1;
  float total = 0.0f;
  for (int t = 0; t < 4; ++t) {
    if (rule.exclude_outside && (first + t < 0 || first + t >= extent)) weights[t] = 0.0f;
    total += weights[t];
  }
  for (int t = 0; t < 4; ++t) {
    taps.positions.push_back(std::clamp<int64_t>(first + t, 0, extent - 1));
    taps.weights.push_back(rule.exclude_outside ? weights[t] / total : weights[t]);
  }
}

}  // namespace

AxisTaps resize_taps(const ResizeRule& rule, int64_t extent, int64_t outputs, float scale) {
  const Coordinates coordinates(rule.coordinates, extent, outputs, scale);
  AxisTaps taps;
  taps.taps = rule.mode == "cubic" ? 4 : rule.mode == "linear" ? 2 : 1;
  for (int64_t output = 0; output < outputs; ++output) {
    const float at = coordinates.at(output);
    if (taps.taps == 1)
      taps.positions.push_back(nearest_position(rule.nearest, at, extent));
    else if (taps.taps == 2)
      add_linear(taps, at, extent);
    else
      add_cubic(taps, rule, at, extent);
  }
  return taps;
}

}  // namespace lite
