// SPDX-License-Identifier: Apache-2.0
// Folds of f32: y[c] = fold over r in [0, rows) of x[r * stride + c], for c in [0, columns).
// A row to one value is columns = 1, stride = 1. No rows give the fold's neutral element.
// Sums are made in blocks, so that rounding errors grow with the logarithm of their length.
#pragma once

#include <cstdint>

#include "base/isa.h"

namespace lite::reduce {

using Fold = void (*)(const void* x, void* y, int64_t rows, int64_t columns, int64_t stride);

struct Kernels {
#define LITE_FOLD(name) Fold name;
#include "kernels/reduce/reduce.inc"
#undef LITE_FOLD
};

const Kernels& kernels(Isa isa);

}  // namespace lite::reduce
