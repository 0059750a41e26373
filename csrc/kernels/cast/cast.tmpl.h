// SPDX-License-Identifier: Apache-2.0
#include "kernels/cast/cast.h"

namespace lite::cast {
namespace {

// Plain loops: the compiler turns them into vectors.
void f16_f32(const Half* x, float* y, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] = half_to_float(x[i]);
}

void f32_f16(const float* x, Half* y, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] = float_to_half(x[i]);
}

template <class From>
void to_f32(const From* x, float* y, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] = static_cast<float>(x[i]);
}

}  // namespace

extern const Kernels LITE_KERNELS;
const Kernels LITE_KERNELS = {f16_f32, f32_f16, to_f32<int8_t>, to_f32<uint8_t>, to_f32<int32_t>};

}  // namespace lite::cast
