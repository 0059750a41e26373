// SPDX-License-Identifier: Apache-2.0
// Rows of an image of few channels, copied with the zeros around them, for a few rows of outputs:
// all windows of a row then lie at equal distances.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ops/linear/arguments.h"
#include "ops/linear/padded_copy.h"
#include "ops/linear/tasks.h"

namespace lite::linear {

class PaddedRows {
 public:
  PaddedRows() = default;
  // The window is not in groups, and its columns are not dilated.
  PaddedRows(const Window& window, const Image& in, const Image& out);

  // Whether rows of outputs are long enough to be worth a product each, and inputs are dense.
  [[nodiscard]] static bool fits(const Window& window, const Image& in, const Image& out);

  // Whether an image is dense, and a pixel too short a row for the GEMM.
  [[nodiscard]] static bool has_few_channels(const Image& in);

  [[nodiscard]] int64_t tasks() const { return ceil_div(out_.height, task_rows_); }
  [[nodiscard]] Range outputs(int64_t task) const;  // rows
  [[nodiscard]] int64_t elements() const;           // of the copies of a task
  // Copies what the rows of outputs need.
  template <class T>
  void copy(const T* image, const Range& outputs, T* copies) const {
    const int64_t top = outputs.begin * window_.stride_height - window_.pad_top;
    copy_padded_rows(copy_, image, in_, top, window_.input_rows(outputs.size()), T{}, copies);
  }
  // Distances in elements: from row to row of the outputs' windows, from pixel to pixel of outputs,
  // and from row to row of a window.
  [[nodiscard]] int64_t output_step() const { return window_.stride_height * copy_.pitch(); }
  [[nodiscard]] int64_t pixel_step() const { return window_.stride_width * in_.channels; }
  [[nodiscard]] int64_t window_step() const { return window_.dilation_height * copy_.pitch(); }

 private:
  Window window_;
  Image in_, out_;
  PaddedCopy copy_;
  int64_t task_rows_ = 1;
};

}  // namespace lite::linear
