// SPDX-License-Identifier: Apache-2.0
// An image rounded to bf16, as kernel family bgemm reads it: with borders of zeros, and channels
// filled up with zeros. Each tap of a window then lies at the same distance from every pixel. A tap
// is a pixel of the window, or for few channels a whole row of it.
#pragma once

#include <vector>

#include "kernels/bgemm/bgemm.h"
#include "ops/linear/arguments.h"
#include "ops/linear/tasks.h"

namespace lite::linear {

class RoundedImage {
 public:
  RoundedImage() = default;
  RoundedImage(const bgemm::Kernels& kernels, const Window& window, const Image& in,
               const Image& out);

  [[nodiscard]] int64_t taps() const { return static_cast<int64_t>(offsets_.size()); }
  [[nodiscard]] int64_t k() const { return k_; }
  [[nodiscard]] bool whole_rows() const { return whole_rows_; }
  // Elements of a pixel.
  [[nodiscard]] int64_t channels() const { return channels_; }
  [[nodiscard]] int64_t pixels() const { return height_ * width_; }
  // Bytes of so many rounded pixels, and of what may be read behind them.
  [[nodiscard]] size_t bytes(int64_t pixels) const;
  // Whether each pixel of the output reads the one in its own place and no other.
  [[nodiscard]] bool one_to_one() const { return one_to_one_; }

  // Rounds pixels [range.begin, range.end), of which the first comes to `to`.
  void round(const float* x, const Range& range, bgemm::Bf16* to) const;
  // Where the rows of the output's pixels begin in the image.
  void point_at_rows(const bgemm::Bf16* image, const Range& pixels, const bgemm::Bf16** rows) const;
  // What the image says to a kernel.
  void describe(bgemm::Block& block) const;

 private:
  const bgemm::Kernels* kernels_ = nullptr;
  Image in_;
  int64_t out_width_ = 0;
  bool whole_rows_ = false, one_to_one_ = false;
  // A pixel of the rounded image is the input's at (y * step - pad), if there is one.
  int64_t row_step_ = 1, column_step_ = 1, pad_top_ = 0, pad_left_ = 0;
  int64_t height_ = 0, width_ = 0, channels_ = 0, k_ = 0;
  int64_t down_ = 0, right_ = 0;  // elements from the row of an output's pixel to its neighbours'
  std::vector<int64_t> offsets_;
};

}  // namespace lite::linear
