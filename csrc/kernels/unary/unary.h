// SPDX-License-Identifier: Apache-2.0
// Elementwise functions of f32: y[i] = f(x[i]) for i in [0, count). y may be x itself.
// A NaN gives a NaN. Touches nothing behind the last element.
#pragma once

#include <cstdint>

#include "base/isa.h"

namespace lite::unary {

struct Parameters {  // what they mean is up to the function
  float alpha = 0.0f;
  float beta = 0.0f;
};

using Map = void (*)(const float* x, float* y, int64_t count, const Parameters& parameters);

struct Kernels {
#define LITE_UNARY(name) Map name;
#include "kernels/unary/unary.inc"
#undef LITE_UNARY
};

const Kernels& kernels(Isa isa);

}  // namespace lite::unary
