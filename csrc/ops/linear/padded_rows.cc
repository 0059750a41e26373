// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/padded_rows.h"

#include <algorithm>

namespace lite::linear {
namespace {

constexpr int64_t kLeastWidth = 16;
constexpr int64_t kCopiesBytes = 32 << 10;  // about the first cache

}  // namespace

bool PaddedRows::fits(const Window& window, const Image& in, const Image& out) {
  return window.has_whole_rows() && has_few_channels(in) && out.width >= kLeastWidth;
}

PaddedRows::PaddedRows(const Window& window, const Image& in, const Image& out)
    : window_(window),
      in_(in),
      out_(out),
      copy_{window.pad_left, window.input_columns(out.width), in.channels} {
  const int64_t row_bytes = std::max<int64_t>(copy_.pitch(), 1) * int64_t{sizeof(float)};
  const int64_t fresh = kCopiesBytes / row_bytes - (window.input_rows(1) - window.stride_height);
  task_rows_ =
      std::clamp<int64_t>(fresh / window.stride_height, 1, std::max<int64_t>(out_.height, 1));
}

bool PaddedRows::has_few_channels(const Image& in) {
  constexpr int64_t kFewChannels = 32;
  return in.channels < kFewChannels && in.channels == in.pitch;
}

Range PaddedRows::outputs(int64_t task) const {
  return {task * task_rows_, std::min((task + 1) * task_rows_, out_.height)};
}

int64_t PaddedRows::elements() const { return window_.input_rows(task_rows_) * copy_.pitch(); }

}  // namespace lite::linear
