// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/depthwise/strips.h"

namespace lite::depthwise {
namespace {

template <class Q>
void expand(const Q* q, int64_t taps, int64_t channels, const float* scales, float* w) {
  for (int64_t tap = 0; tap < taps; ++tap, q += channels, w += channels) {
    int64_t c = 0;
    for (; c + kWidth <= channels; c += kWidth)
      Simd::store(w + c, Simd::mul(Simd::load_as_f32(q + c), Simd::load(scales + c)));
    for (; c < channels; ++c) w[c] = static_cast<float>(q[c]) * scales[c];
  }
}

}  // namespace

extern const Kernels LITE_KERNELS;
const Kernels LITE_KERNELS = {run, pointers_needed, expand<int8_t>, expand<int16_t>};

}  // namespace lite::depthwise
