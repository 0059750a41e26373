// SPDX-License-Identifier: Apache-2.0
// Family scaling: reals to integers that stand for them, and back, by the steps of base/requant.h.
#pragma once

#include <cstdint>

#include "base/isa.h"
#include "base/requant.h"

namespace lite::scaling {

struct Scaling {
  const float* scales = nullptr;
  bool each = false;  // one for each element of a run, in their order; otherwise one for all
  int32_t zero_point = 0;
};

// From `count` elements of x to as many of y. Touches nothing behind the last.
using Run = void (*)(const void* x, void* y, int64_t count, const Scaling& scaling);

struct Kernels {
  Run quantize_s8, quantize_u8, quantize_s16;
  // y[i] = clamp(rint(x[i] * scale) + zero point, lo, hi)
  void (*place_s8)(const float* x, float scale, const Placement& to, int8_t* y, int64_t count);
  Run dequantize_s8, dequantize_u8, dequantize_s16, dequantize_s32;  // y may be x
};

const Kernels& kernels(Isa isa);

}  // namespace lite::scaling
