// SPDX-License-Identifier: Apache-2.0
// Conversions that are worth vectors: y[i] = x[i] for i in [0, count), f16 rounded to nearest even.
#pragma once

#include <cstdint>

#include "base/half.h"
#include "base/isa.h"

namespace lite::cast {

struct Kernels {
  void (*f16_f32)(const Half* x, float* y, int64_t count);
  void (*f32_f16)(const float* x, Half* y, int64_t count);
  void (*s8_f32)(const int8_t* x, float* y, int64_t count);
  void (*u8_f32)(const uint8_t* x, float* y, int64_t count);
  void (*s32_f32)(const int32_t* x, float* y, int64_t count);
};

const Kernels& kernels(Isa isa);

}  // namespace lite::cast
