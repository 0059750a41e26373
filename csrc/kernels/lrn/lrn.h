// SPDX-License-Identifier: Apache-2.0
// Local response normalisation of f32 over `channels`:
//   y[c] = x[c] * (bias + alpha * sum of x[k]^2 for k in [c - before, c + behind]) ^ -beta
// the window being cut at the ends.
#pragma once

#include <cstdint>

#include "base/isa.h"

namespace lite::lrn {

struct Window {
  int64_t before = 0, behind = 0;
  float alpha = 0.0f, beta = 0.0f, bias = 1.0f;
};

struct Kernels {
  // Channels innermost: `count` vectors of `channels` elements each.
  void (*vectors)(const float* x, float* y, int64_t count, int64_t channels, const Window& window);
  // `columns` independent columns whose channels are `stride` apart.
  void (*columns)(const float* x, float* y, int64_t channels, int64_t columns, int64_t stride,
                  const Window& window);
};

const Kernels& kernels(Isa isa);

}  // namespace lite::lrn
