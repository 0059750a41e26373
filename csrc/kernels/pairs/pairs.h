// SPDX-License-Identifier: Apache-2.0
// Family pairs: sums and products of two quantized operands over rows that may be broadcast.
#pragma once

#include "base/isa.h"
#include "base/requant.h"
#include "kernels/binary/binary.h"

namespace lite::pairs {

// What `parameters` of the rows points at.
struct Parameters {
  int32_t a_zero = 0, b_zero = 0;
  float a_scale = 0.0f, b_scale = 0.0f;  // a product has only the first
  Placement to;
};

struct Kernels {
  binary::Apply add_s8, add_s16;
  binary::Apply mul_s8, mul_s16;
};

const Kernels& kernels(Isa isa);

}  // namespace lite::pairs
