// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/transposed_phases.h"

#include <algorithm>
#include <utility>

namespace lite::linear {
namespace {

constexpr int64_t kGreatestPhases = 4096;

// Extent of the output without the optional extra rows or columns at its end.
int64_t extent(int64_t in, int64_t pads, int64_t kernel, int64_t dilation, int64_t stride) {
  return (in - 1) * stride + dilation * (kernel - 1) + 1 - pads;
}

}  // namespace

Status check_transposed(const PrepareContext& context, const Window& window) {
  const Shape& x = context.inputs[0].shape;
  const Shape& w = context.inputs[1].shape;
  const Shape& y = context.outputs[0].shape;
  if (w[0] != x[3] || w[0] % window.groups != 0)
    return error(Code::k_bad_shape, "input %s and weights %s do not fit %lld groups",
                 text(x).c_str(), text(w).c_str(), static_cast<long long>(window.groups));
  if (context.inputs[1].packing != Packing::plain)
    return error(Code::k_corrupt_file, "the weights are packed, expected plain ones");
  const Span<const int64_t> extra = context.attributes->integers("output_pads");
  for (int64_t pad : extra)
    if (pad < 0 || pad > y.count())
      return error(Code::k_bad_shape, "output_pads has %lld", static_cast<long long>(pad));
  const int64_t below = extra.size() == 2 ? extra[0] : 0, beside = extra.size() == 2 ? extra[1] : 0;
  const int64_t height =
      below + extent(x[1], window.pad_top + window.pad_bottom, window.kernel_height,
                     window.dilation_height, window.stride_height);
  const int64_t width =
      beside + extent(x[2], window.pad_left + window.pad_right, window.kernel_width,
                      window.dilation_width, window.stride_width);
  if (y.rank != 4 || y[0] != x[0] || y[1] != height || y[2] != width ||
      y[3] != w[1] * window.groups)
    return error(Code::k_bad_shape, "the output is %s, expected [%lld, %lld, %lld, %lld]",
                 text(y).c_str(), static_cast<long long>(x[0]), static_cast<long long>(height),
                 static_cast<long long>(width), static_cast<long long>(w[1] * window.groups));
  return Status();
}

Status TransposedPhases::prepare(const Window& window, const Shape& x, const Shape& y) {
  window_ = window;
  in_ = image_of(x);
  out_ = image_of(y);
  pixels_ = windows_lie_side_by_side() ? window.stride_width : 1;
  columns_ = std::min(window.stride_width, out_.width) / pixels_;
  phases_.clear();
  const int64_t rows = std::min(window.stride_height, out_.height);
  if (rows > kGreatestPhases || columns_ > kGreatestPhases / std::max<int64_t>(rows, 1))
    return error(Code::k_unsupported_op,
                 "strides %lld x %lld are too great, expected a product of at most %lld",
                 static_cast<long long>(window.stride_height),
                 static_cast<long long>(window.stride_width),
                 static_cast<long long>(kGreatestPhases));
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < columns_; ++column) add_phase(row, column);
  return Status();
}

bool TransposedPhases::windows_lie_side_by_side() const {
  return window_.kernel_width == window_.stride_width && window_.dilation_width == 1 &&
         window_.pad_left == 0 && window_.groups == 1 &&
         out_.width == in_.width * window_.stride_width;
}

void TransposedPhases::add_phase(int64_t row, int64_t column) {
  Phase phase;
  phase.row = row;
  phase.column = column;
  for (int64_t ky = 0; ky < window_.kernel_height; ++ky)
    for (int64_t kx = 0; kx < window_.kernel_width; ++kx) {
      const int64_t y = row + window_.pad_top - ky * window_.dilation_height;
      const int64_t x = column + window_.pad_left - kx * window_.dilation_width;
      if (y % window_.stride_height == 0 && x % window_.stride_width == 0)
        phase.taps.push_back(
            {y / window_.stride_height, x / window_.stride_width, ky * window_.kernel_width + kx});
    }
  phases_.push_back(std::move(phase));
}

int64_t TransposedPhases::width_of(const Phase& phase) const {
  return ceil_div(out_.width - phase.column, window_.stride_width);  // pixels_ or 1 wide each
}

size_t TransposedPhases::greatest_table() const {
  size_t entries = 0;
  for (const Phase& phase : phases_)
    entries = std::max(entries, phase.taps.size() * static_cast<size_t>(width_of(phase)));
  return entries;
}

Columns TransposedPhases::columns_of(const Phase& phase, const Shape& weights) const {
  Columns columns;
  columns.groups = window_.groups;
  columns.n = pixels_ * weights[1];
  columns.channels = weights[0] / window_.groups;
  columns.column_stride = window_.taps();
  columns.channel_stride = weights[1] * window_.taps();
  columns.group_stride = columns.channels * columns.channel_stride;
  columns.period = weights[1];
  columns.period_stride = 1;  // from pixel to pixel the window's next column
  columns.offsets.clear();
  for (const Tap& tap : phase.taps) columns.offsets.push_back(tap.kernel_offset);
  return columns;
}

}  // namespace lite::linear
