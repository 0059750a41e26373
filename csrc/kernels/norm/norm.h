// SPDX-License-Identifier: Apache-2.0
// Normalisation of f32: mean and variance of rows or of columns, then one affine map.
// y may be x.
#pragma once

#include <cstdint>

#include "base/isa.h"
#include "base/requant.h"

namespace lite::norm {

// The true mean is mean + rest: what rounding left out, which counts where the mean is far from 0.
struct Moments {
  float mean = 0.0f;
  float rest = 0.0f;
  float variance = 0.0f;
};

// y[i] = (x[i] - mean - rest) * factor * scale[i] + bias[i]; null: scale 1, the bias is offset.
struct RowMap {
  float mean = 0.0f;
  float rest = 0.0f;
  float factor = 1.0f;
  float offset = 0.0f;
  const float* scale = nullptr;
  const float* bias = nullptr;
};

// layer_norm of a row of integers, step by step as lite/ops/q_layer_norm.py has it.
struct QuantizedRow {
  float x_scale = 0.0f, y_scale = 0.0f, epsilon = 0.0f;
  const float* gamma = nullptr;
  const float* beta = nullptr;
  Placement to;
};
inline constexpr int64_t kMostInQuantizedRow = int64_t{1} << 22;

struct Kernels {
  Moments (*row_moments)(const float* x, int64_t count);
  void (*map_row)(const float* x, float* y, int64_t count, const RowMap& map);
  // Of each column c, over x[r * stride + c].
  void (*column_moments)(const float* x, int64_t rows, int64_t columns, int64_t stride,
                         Moments* moments);
  // y[r][c] = (x[r][c] - mean[c]) * factor[c] + bias[c]
  void (*map_columns)(const float* x, float* y, int64_t rows, int64_t columns, int64_t stride,
                      const float* mean, const float* factor, const float* bias);
  void (*quantized_row)(const int8_t* x, int8_t* y, int64_t count, const QuantizedRow& row);
};

const Kernels& kernels(Isa isa);

}  // namespace lite::norm
