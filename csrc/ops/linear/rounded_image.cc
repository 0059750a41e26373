// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/rounded_image.h"

#include <algorithm>

namespace lite::linear {
namespace {

constexpr int64_t kFewChannels = 32;
constexpr int64_t kRowsAhead = 16;  // that kernels read together

}  // namespace

RoundedImage::RoundedImage(const bgemm::Kernels& kernels, const Window& window, const Image& in,
                           const Image& out)
    : kernels_(&kernels),
      in_(in),
      out_width_(out.width),
      row_step_(window.kernel_height == 1 ? window.stride_height : 1),
      column_step_(window.kernel_width == 1 ? window.stride_width : 1),
      pad_top_(window.pad_top),
      pad_left_(window.pad_left) {
  const int64_t stride_height = window.stride_height / row_step_;
  const int64_t stride_width = window.stride_width / column_step_;
  const int64_t even = ceil_div(in.channels, 2) * 2, row = window.kernel_width * even;
  whole_rows_ = window.has_whole_rows() && in.channels < kFewChannels && kernels.depth(row) == row;
  channels_ = whole_rows_ ? even : kernels.depth(in.channels);
  k_ = whole_rows_ ? row : channels_;
  height_ =
      (out.height - 1) * stride_height + (window.kernel_height - 1) * window.dilation_height + 1;
  width_ = (out.width - 1) * stride_width + (window.kernel_width - 1) * window.dilation_width + 1;
  one_to_one_ = window.taps() == 1;
  down_ = stride_height * width_ * channels_;
  right_ = stride_width * channels_;
  for (int64_t ky = 0; ky < window.kernel_height; ++ky)
    for (int64_t kx = 0; kx < (whole_rows_ ? 1 : window.kernel_width); ++kx)
      offsets_.push_back((ky * window.dilation_height * width_ + kx * window.dilation_width) *
                         channels_);
}

size_t RoundedImage::bytes(int64_t pixels) const {
  const int64_t ahead = (kRowsAhead - 1) * (out_width_ == 1 ? down_ : right_);
  return aligned_bytes(static_cast<size_t>(pixels * channels_ + ahead) * sizeof(bgemm::Bf16));
}

void RoundedImage::round(const float* x, const Range& range, bgemm::Bf16* to) const {
  for (int64_t pixel = range.begin; pixel < range.end;) {
    const int64_t begin = pixel % width_;
    const int64_t end = std::min(width_, begin + range.end - pixel);
    const int64_t row = pixel / width_ * row_step_ - pad_top_;
    // The columns that the input has.
    const int64_t first = ceil_div(pad_left_, column_step_);
    const int64_t behind = ceil_div(in_.width + pad_left_, column_step_);
    const bool outside = row < 0 || row >= in_.height;
    const int64_t lo = outside ? end : std::min(std::max(begin, first), end);
    const int64_t hi = outside ? end : std::min(std::max(lo, behind), end);
    to = std::fill_n(to, (lo - begin) * channels_, bgemm::Bf16{0});
    if (hi > lo)
      kernels_->round(x + (row * in_.width + lo * column_step_ - pad_left_) * in_.pitch,
                      column_step_ * in_.pitch, hi - lo, in_.channels, to, channels_, channels_);
    to = std::fill_n(to + (hi - lo) * channels_, (end - hi) * channels_, bgemm::Bf16{0});
    pixel += end - begin;
  }
}

void RoundedImage::point_at_rows(const bgemm::Bf16* image, const Range& pixels,
                                 const bgemm::Bf16** rows) const {
  int64_t row = pixels.begin / out_width_, column = pixels.begin % out_width_;
  for (int64_t i = 0; i < pixels.size(); ++i) {
    rows[i] = image + row * down_ + column * right_;
    if (++column < out_width_) continue;
    column = 0;
    ++row;
  }
}

void RoundedImage::describe(bgemm::Block& block) const {
  block.taps = taps();
  block.k = k_;
  block.offsets = offsets_.data();
  block.row_step = out_width_ == 1 ? down_ : right_;
}

}  // namespace lite::linear
