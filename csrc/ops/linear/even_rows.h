// SPDX-License-Identifier: Apache-2.0
// Inputs of a convolution of bytes in runs of evenly spaced rows, which need no table: in the image
// itself where no window hangs over its borders, in padded copies of a few of its rows otherwise.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/qgemm/qgemm.h"
#include "ops/linear/arguments.h"
#include "ops/linear/padded_copy.h"
#include "ops/linear/pixel_rows.h"
#include "ops/linear/tasks.h"

namespace lite::linear {

class EvenRows {
 public:
  EvenRows() = default;
  // Taps as those of `rows`.
  EvenRows(const Window& window, const Image& in, const Image& out, const PixelRows<int8_t>& rows);

  // Whether these kernels take runs of such inputs, and are not slower for it.
  [[nodiscard]] bool fit(const qgemm::Kernels& kernels) const;
  // What is left of a range of output pixels, or added to it, for whole runs.
  [[nodiscard]] Range whole(const Range& pixels) const;
  // Scratch of a task of so many pixels.
  [[nodiscard]] size_t bytes(int64_t pixels) const;
  // x is the image, at the group's first channel.
  [[nodiscard]] qgemm::Runs runs(const int8_t* x, const Range& pixels, int8_t padding,
                                 std::byte* scratch) const;

 private:
  Window window_;
  Image in_, out_;
  PaddedCopy copy_;
  int64_t k_ = 0;
  bool one_to_one_ = false, in_place_ = false;
  Tap tap_ = Tap::pixel;
};

}  // namespace lite::linear
