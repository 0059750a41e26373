// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/even_rows.h"

#include <algorithm>
#include <cstring>

namespace lite::linear {

EvenRows::EvenRows(const Window& window, const Image& in, const Image& out,
                   const PixelRows<int8_t>& rows)
    : window_(window),
      in_(in),
      out_(out),
      channels_(in.channels / window.groups),
      taps_(rows.taps()),
      k_(rows.k()),
      one_to_one_(rows.one_to_one()),
      tap_(rows.tap()) {
  const int64_t reach = (window.kernel_width - 1) * window.dilation_width + 1;
  width_ = (out.width - 1) * window.stride_width + reach;
  in_place_ = window.taps() == 1 && window.pad_left == 0 && window.pad_top == 0 &&
              width_ <= in.width && input_rows(out.height) <= in.height;
  if (in_place_) width_ = in.width;
}

bool EvenRows::fit(const qgemm::Kernels& kernels) const {
  const bool in_one_piece = tap_ == Tap::pixel || window_.dilation_width == 1;
  if (!qgemm::takes_runs(kernels, k_) || tap_ == Tap::window || !in_one_piece) return false;
  return one_to_one_ || qgemm::is_worth_runs(out_.width);
}

Range EvenRows::whole(const Range& pixels) const {
  if (one_to_one_) return pixels;
  return {pixels.begin / out_.width * out_.width, pixels.end / out_.width * out_.width};
}

int64_t EvenRows::input_rows(int64_t outputs) const {
  return (outputs - 1) * window_.stride_height +
         (window_.kernel_height - 1) * window_.dilation_height + 1;
}

size_t EvenRows::bytes(int64_t pixels) const {
  if (one_to_one_ || in_place_ || pixels == 0) return 0;
  return aligned_bytes(static_cast<size_t>(input_rows(pixels / out_.width) * width_ * channels_));
}

qgemm::Runs EvenRows::runs(const int8_t* x, const Range& pixels, int8_t padding,
                           std::byte* scratch) const {
  qgemm::Runs runs;
  if (one_to_one_) {
    runs.a = x + pixels.begin * in_.pitch;
    runs.length = pixels.size();
    runs.step = in_.pitch;
    return runs;
  }
  const int64_t top = pixels.begin / out_.width * window_.stride_height - window_.pad_top;
  const int64_t pitch = in_place_ ? in_.pitch : channels_;
  if (in_place_) {
    runs.a = x + top * width_ * pitch;
  } else {
    int8_t* copies = reinterpret_cast<int8_t*>(scratch);
    copy(x, top, input_rows(pixels.size() / out_.width), padding, copies);
    runs.a = copies;
  }
  runs.length = out_.width;
  runs.step = window_.stride_width * pitch;
  runs.run_step = window_.stride_height * width_ * pitch;
  runs.row_taps = tap_ == Tap::pixel ? window_.kernel_width : 1;
  runs.tap_step = window_.dilation_width * pitch;
  runs.tap_row_step = window_.dilation_height * width_ * pitch;
  return runs;
}

// Rows of the image from `top` on, with what is around them.
void EvenRows::copy(const int8_t* x, int64_t top, int64_t height, int8_t padding,
                    int8_t* copies) const {
  const int64_t row_bytes = width_ * channels_;
  for (int64_t y = top; y < top + height; ++y, copies += row_bytes) {
    if (y < 0 || y >= in_.height) {
      std::memset(copies, padding, static_cast<size_t>(row_bytes));
    } else {
      copy_row(x + y * in_.width * in_.pitch, padding, copies);
    }
  }
}

void EvenRows::copy_row(const int8_t* row, int8_t padding, int8_t* copy) const {
  const int64_t left = std::min(window_.pad_left, width_);
  const int64_t inside = std::min(in_.width, width_ - left);
  std::memset(copy, padding, static_cast<size_t>(left * channels_));
  copy += left * channels_;
  if (channels_ == in_.pitch) {
    std::memcpy(copy, row, static_cast<size_t>(inside * channels_));
  } else {
    for (int64_t i = 0; i < inside; ++i)
      std::memcpy(copy + i * channels_, row + i * in_.pitch, static_cast<size_t>(channels_));
  }
  std::memset(copy + inside * channels_, padding,
              static_cast<size_t>((width_ - left - inside) * channels_));
}

}  // namespace lite::linear
