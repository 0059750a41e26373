// SPDX-License-Identifier: Apache-2.0
// Pooling: windows over height and width of an NHWC tensor, whatever rule places them.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/means/means.h"
#include "kernels/pool/pool.h"
#include "ops/op.h"

namespace lite {

// What the windows of one side see: positions first, first + dilation, ... within the input.
struct WindowSide {
  struct Window {
    int64_t first = 0;
    int taps = 0;     // none: the window lies in padding
    int counted = 1;  // divisor of a mean
  };
  std::vector<Window> windows;
  int64_t dilation = 1;
};

class Pooling {
 public:
  // Inputs, outputs, dtypes, layout: as every pooling op has them. Sets `average` from attribute
  // kind.
  Status prepare(const PrepareContext& context);
  // The same for means of quantized images, whose parameters are attributes of the op.
  Status prepare_quantized(const PrepareContext& context);
  // One window per output row and column; the windows lie within the input. Large ones are folded
  // in two steps, columns first: that asks for scratch.
  Status place(PrepareContext& context, WindowSide rows, WindowSide columns);
  void run(const RunContext& context) const;

 private:
  // Neighbouring windows of a row with the same taps and divisor, equally far apart.
  struct Segment {
    WindowSide::Window window;
    int64_t begin = 0, pixels = 0, step = 0;
  };

  Status check_tensors(const PrepareContext& context) const;
  bool worth_two_steps(DType dtype) const;
  void fold(pool::Row& windows, int64_t taps, int64_t counted) const;
  void pool_row(const Tensor& x, const Tensor& y, int64_t row, std::byte* line) const;
  void fill_empty(const Tensor& y, int64_t pixel, int64_t pixels) const;
  void fill_pixel(const Tensor& y, int64_t element, int64_t count) const;

  bool average_ = false;
  pool::Kernels::Fold fold_ = nullptr;
  void (*mean_)(const pool::Row& row, const means::Mean& mean) = nullptr;  // of quantized images
  float scale_ = 0.0f;
  int32_t x_zero_ = 0;
  Placement placement_;
  WindowSide rows_;
  std::vector<Segment> segments_;
  int64_t column_dilation_ = 1;
  int64_t height_ = 0, width_ = 0, channels_ = 0;
  int64_t x_pitch_ = 0, y_pitch_ = 0;  // elements from pixel to pixel
  int64_t output_rows_ = 0, rows_per_tile_ = 1;
  int64_t line_bytes_ = 0;  // of a row of columns' results, if windows are folded in two steps
};

}  // namespace lite
