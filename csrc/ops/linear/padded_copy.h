// SPDX-License-Identifier: Apache-2.0
// Rows of an image copied with what is around them, so that no window needs care.
#pragma once

#include <algorithm>
#include <cstdint>

#include "ops/linear/arguments.h"

namespace lite::linear {

// What rows of copies are: `width` pixels of `channels`, the first of them `left` pixels before the
// image begins.
struct PaddedCopy {
  int64_t left = 0, width = 0, channels = 0;

  [[nodiscard]] int64_t pitch() const { return width * channels; }  // from row to row
};

// Of one row; `left` may be negative: then the copy begins within the row.
template <class T>
void copy_padded_row(const PaddedCopy& to, const T* row, const Image& in, T padding, T* copy) {
  const int64_t begin = std::clamp<int64_t>(to.left, 0, to.width);
  const int64_t end = std::clamp<int64_t>(in.width + to.left, begin, to.width);
  copy = std::fill_n(copy, begin * to.channels, padding);
  const bool dense = to.channels == in.pitch;
  const int64_t pieces = dense ? int64_t{end > begin} : end - begin;
  const int64_t piece = dense ? (end - begin) * to.channels : to.channels;
  for (int64_t i = 0; i < pieces; ++i)
    copy = std::copy_n(row + (begin - to.left + i) * in.pitch, piece, copy);
  std::fill_n(copy, (to.width - end) * to.channels, padding);
}

// Of the image's rows [top, top + count), of which some may be outside.
template <class T>
void copy_padded_rows(const PaddedCopy& to, const T* image, const Image& in, int64_t top,
                      int64_t count, T padding, T* copies) {
  for (int64_t y = top; y < top + count; ++y, copies += to.pitch()) {
    if (y < 0 || y >= in.height) {
      std::fill_n(copies, to.pitch(), padding);
    } else {
      copy_padded_row(to, image + y * in.width * in.pitch, in, padding, copies);
    }
  }
}

}  // namespace lite::linear
