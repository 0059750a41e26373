// SPDX-License-Identifier: Apache-2.0
#include "ops/pooling/windows.h"

#include <algorithm>

#include "ops/checks.h"

namespace lite {
namespace {

constexpr int64_t kMost = 1 << 20;

}  // namespace

Status check_windows(const Attributes& attributes) {
  for (const char* name : {"kernel", "strides", "dilations"}) {
    const Span<const int64_t> sizes = attributes.integers(name);
    LITE_RETURN_IF_ERROR(check_count(name, sizes, 2));
    for (int64_t size : sizes) LITE_RETURN_IF_ERROR(check_range(name, size, 1, kMost));
  }
  const Span<const int64_t> pads = attributes.integers("pads");
  LITE_RETURN_IF_ERROR(check_count("pads", pads, 4));
  for (int64_t pad : pads) LITE_RETURN_IF_ERROR(check_range("pads", pad, 0, kMost));
  return Status();
}

WindowSide window_side(const PrepareContext& context, size_t number) {
  const Attributes& attributes = *context.attributes;
  const int axis = static_cast<int>(number) + 1;
  const int64_t extent = context.inputs[0].shape[axis];
  const int64_t kernel = attributes.integers("kernel")[number];
  const int64_t stride = attributes.integers("strides")[number];
  const int64_t before = attributes.integers("pads")[number];
  const int64_t after = attributes.integers("pads")[number + 2];
  const bool include_pad = attributes.boolean("count_include_pad", false);
  WindowSide side;
  side.dilation = attributes.integers("dilations")[number];
  for (int64_t i = 0; i < context.outputs[0].shape[axis]; ++i) {
    const int64_t start = i * stride - before;
    const auto taps_before = [&](int64_t end) {  // taps at positions < end
      return std::clamp<int64_t>((end - start + side.dilation - 1) / side.dilation, 0, kernel);
    };
    const int64_t skipped = start < 0 ? taps_before(0) : 0;
    WindowSide::Window window;
    window.first = start + skipped * side.dilation;
    window.taps = static_cast<int>(std::max<int64_t>(taps_before(extent) - skipped, 0));
    window.counted = static_cast<int>(include_pad ? taps_before(extent + after) : window.taps);
    side.windows.push_back(window);
  }
  return side;
}

}  // namespace lite
