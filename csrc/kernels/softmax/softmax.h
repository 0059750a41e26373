// SPDX-License-Identifier: Apache-2.0
// softmax and log_softmax of f32 over `rows` rows of `columns` columns each: for every column c,
// over x[r * stride + c]. One contiguous vector is columns = 1, stride = 1. y may be x.
#pragma once

#include <cstdint>

#include "base/isa.h"
#include "base/requant.h"

namespace lite::softmax {

using Normalise = void (*)(const float* x, float* y, int64_t rows, int64_t columns, int64_t stride);

// The softmax of integers by a table of powers, as lite/ops/q_softmax.py has it; the layout is that
// of Normalise.
struct Quantized {
  const int32_t* powers = nullptr;  // 256: of each distance from the greatest
  float y_scale = 0.0f;
  Placement to;
};

struct Kernels {
  Normalise softmax;
  Normalise log_softmax;
  void (*quantized)(const int8_t* x, int8_t* y, int64_t rows, int64_t columns, int64_t stride,
                    const Quantized& quantized);
};

const Kernels& kernels(Isa isa);

}  // namespace lite::softmax
