// SPDX-License-Identifier: Apache-2.0
// Elementwise functions of two f32 operands over rows that may be broadcast.
#pragma once

#include <cstdint>

#include "base/isa.h"

namespace lite::binary {

// y[r * columns + c] = f(a[r * a_row + c * a_step], b[r * b_row + c * b_step]).
// A step is 1, or 0 for an operand that is the same along a row; not both are 0 unless columns
// is 1. Strides are in elements. y may be a or b where their elements lie at the same places.
struct Rows {
  const void* a;
  const void* b;
  void* y;
  int64_t rows, columns;
  int64_t a_row, b_row;
  int64_t a_step, b_step;
  const void* parameters = nullptr;  // of functions that have some
};

using Apply = void (*)(const Rows& rows);

struct Kernels {
#define LITE_BINARY(name) Apply name;
#define LITE_COMPARISON(name) Apply name;
#include "kernels/binary/binary.inc"
#undef LITE_BINARY
#undef LITE_COMPARISON
};

const Kernels& kernels(Isa isa);

}  // namespace lite::binary
