// SPDX-License-Identifier: Apache-2.0
// softmax and log_softmax of f32 over `rows` rows of `columns` columns each: for every column c,
// over x[r * stride + c]. One contiguous vector is columns = 1, stride = 1. y may be x.
#pragma once

#include <cstdint>

#include "base/isa.h"

namespace lite::softmax {

using Normalise = void (*)(const float* x, float* y, int64_t rows, int64_t columns, int64_t stride);

struct Kernels {
  Normalise softmax;
  Normalise log_softmax;
};

const Kernels& kernels(Isa isa);

}  // namespace lite::softmax
