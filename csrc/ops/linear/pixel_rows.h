// SPDX-License-Identifier: Apache-2.0
// Where the inputs of a convolution lie: for each tap of each output pixel, the k elements that the
// GEMM multiplies. A tap is a pixel of the window, or for few channels a whole row of it. Nothing
// is copied but the window rows that do not lie in one piece: those that hang over the left or
// right border, and all of them if the window is dilated or the channels are cut into groups.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ops/linear/arguments.h"
#include "ops/linear/tasks.h"

namespace lite::linear {

// Of float, int8_t or int16_t.
template <class T>
class PixelRows {
 public:
  PixelRows() = default;
  PixelRows(const Window& window, const Shape& x, const Shape& y, bool whole_rows);

  [[nodiscard]] int64_t taps() const { return taps_; }
  [[nodiscard]] int64_t k() const { return k_; }
  [[nodiscard]] bool whole_rows() const { return whole_rows_; }
  // Bytes that each output pixel reads and none before it has read.
  [[nodiscard]] int64_t fresh_bytes() const;
  // Scratch that the table of so many pixels needs.
  [[nodiscard]] size_t bytes(int64_t pixels) const;
  // The table of a range of output pixels: entry tap * pixels.size() + i belongs to pixel i. x is
  // the image, at the group's first channel; padding is a row of k times what fills the borders.
  const T* const* table(const T* x, const Range& pixels, const T* padding,
                        std::byte* scratch) const;

 private:
  struct Task {
    const T* x;
    Range pixels;
    const T* padding;
    const T** table;
    T* copies;
  };
  [[nodiscard]] size_t table_bytes(int64_t pixels) const;
  template <class Segment>
  void for_each_segment(const Range& pixels, const Segment& segment) const;
  [[nodiscard]] Range inside(int64_t begin, int64_t end, int64_t shift, int64_t span) const;
  [[nodiscard]] bool one_to_one() const;  // each output pixel has one tap, at its own place
  void point_at_taps(const Task& task) const;
  void point_at_window_rows(const Task& task) const;
  const T* copied(const T* row, int64_t left, T padding, T* copy) const;

  Window window_;
  Image in_, out_;
  int64_t channels_ = 0;  // per group
  bool whole_rows_ = false, copies_all_ = false;
  int64_t taps_ = 0, k_ = 0;
};

}  // namespace lite::linear
