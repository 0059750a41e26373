// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/padded_rows.h"

#include <algorithm>

namespace lite::linear {
namespace {

constexpr int64_t kFewChannels = 32;
constexpr int64_t kLeastWidth = 16;
constexpr int64_t kCopiesBytes = 32 << 10;  // about the first cache

}  // namespace

bool PaddedRows::fits(const Window& window, const Image& in, const Image& out) {
  return window.kernel_width > 1 && window.groups == 1 && window.dilation_width == 1 &&
         in.channels < kFewChannels && in.channels == in.pitch && out.width >= kLeastWidth;
}

PaddedRows::PaddedRows(const Window& window, const Image& in, const Image& out)
    : window_(window), in_(in), out_(out) {
  const int64_t width = (out_.width - 1) * window.stride_width + window.kernel_width;
  pitch_ = width * in_.channels;
  const int64_t row_bytes = std::max<int64_t>(pitch_, 1) * int64_t{sizeof(float)};
  const int64_t fresh = kCopiesBytes / row_bytes - (input_rows(1) - window.stride_height);
  task_rows_ =
      std::clamp<int64_t>(fresh / window.stride_height, 1, std::max<int64_t>(out_.height, 1));
}

int64_t PaddedRows::input_rows(int64_t outputs) const {
  return (outputs - 1) * window_.stride_height +
         (window_.kernel_height - 1) * window_.dilation_height + 1;
}

Range PaddedRows::outputs(int64_t task) const {
  return {task * task_rows_, std::min((task + 1) * task_rows_, out_.height)};
}

size_t PaddedRows::bytes() const {
  return aligned_bytes(static_cast<size_t>(input_rows(task_rows_) * pitch_) * sizeof(float));
}

void PaddedRows::copy(const float* image, const Range& outputs, float* copies) const {
  const int64_t top = outputs.begin * window_.stride_height - window_.pad_top;
  const int64_t left = std::min(window_.pad_left * in_.channels, pitch_);
  const int64_t inside = std::min(in_.width * in_.channels, pitch_ - left);
  for (int64_t row = 0; row < input_rows(outputs.size()); ++row, copies += pitch_) {
    const int64_t y = top + row;
    if (y < 0 || y >= in_.height) {
      std::fill_n(copies, pitch_, 0.0f);
      continue;
    }
    std::fill_n(copies, left, 0.0f);
    std::copy_n(image + y * in_.width * in_.channels, inside, copies + left);
    std::fill_n(copies + left + inside, pitch_ - left - inside, 0.0f);
  }
}

}  // namespace lite::linear
