// SPDX-License-Identifier: Apache-2.0
// Where the inputs of a convolution lie: for each tap of each output pixel, the k elements that the
// GEMM multiplies. A tap is a pixel of the window, or for few channels a whole row of it: then
// nothing is copied but the rows that do not lie in one piece, which are those that hang over the
// left or right border, and all of them if the window is dilated, or pixels have more channels than
// are read. For very few channels the only tap is the window itself, copied.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ops/linear/arguments.h"
#include "ops/linear/tasks.h"

namespace lite::linear {

// window: neither dilated nor in groups, of dense images; each of its rows is filled up to whole
// quads of elements, whatever these are.
enum class Tap { pixel, window_row, window };

// Of float, int8_t or int16_t.
template <class T>
class PixelRows {
 public:
  PixelRows() = default;
  PixelRows(const Window& window, const Image& x, const Image& y, Tap tap);

  [[nodiscard]] int64_t taps() const { return taps_; }
  [[nodiscard]] int64_t k() const { return k_; }
  [[nodiscard]] Tap tap() const { return tap_; }
  // Each output pixel has one tap, at its own place: it needs no table.
  [[nodiscard]] bool one_to_one() const;
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
  [[nodiscard]] int64_t pitch() const;
  [[nodiscard]] int64_t padded_row() const;
  template <class Segment>
  void for_each_segment(const Range& pixels, const Segment& segment) const;
  [[nodiscard]] Range inside(int64_t begin, int64_t end, int64_t shift, int64_t span) const;
  void point_at_taps(const Task& task) const;
  void point_at_window_rows(const Task& task) const;
  void point_at_windows(const Task& task) const;
  void copy_window_rows(const Task& task, int64_t y, const Range& columns, T* copy) const;
  const T* copied(const T* row, int64_t left, T padding, T* copy) const;

  Window window_;
  Image in_, out_;
  int64_t channels_ = 0;  // per group
  Tap tap_ = Tap::pixel;
  bool copies_all_ = false;
  int64_t taps_ = 0, k_ = 0;
};

}  // namespace lite::linear
