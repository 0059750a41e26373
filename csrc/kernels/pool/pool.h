// SPDX-License-Identifier: Apache-2.0
// Family pool: windows of a row of pixels, channels innermost (NHWC), folded by maximum or sum.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/isa.h"

namespace lite::pool {

// Windows of one output row that all have the same shape; strides in elements.
struct Row {
  const void* src = nullptr;  // first element of the first window
  void* dst = nullptr;
  int64_t pixels = 0;  // windows
  int64_t channels = 0;
  int64_t dst_stride = 0;  // from pixel to pixel
  int64_t pixel_stride = 0;
  int rows = 0, columns = 0;  // of a window, both >= 1
  int64_t row_stride = 0, column_stride = 0;
  float scale = 1.0f;  // of sums
};

struct Kernels {
  using Fold = void (*)(const Row& row);
  Fold max_f32;
  Fold sum_f32;  // times scale
  Fold max_s8;
  Fold max_u8;
  Fold max_s16;
};

const Kernels& kernels(Isa isa);

}  // namespace lite::pool
