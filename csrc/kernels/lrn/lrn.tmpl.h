// SPDX-License-Identifier: Apache-2.0
#include "kernels/lrn/lrn.h"
#include "simd/special.h"

namespace lite::lrn {
namespace {

using f32 = Simd::f32;
constexpr int kWidth = Simd::kWidth;

LITE_INLINE f32 square(f32 x) { return Simd::mul(x, x); }

LITE_INLINE f32 scaled(f32 x, f32 sum, const Window& window) {
  const f32 base = Simd::fma(sum, Simd::broadcast(window.alpha), Simd::broadcast(window.bias));
  const f32 exponent = Simd::mul(Simd::broadcast(-window.beta), log_f32(base));
  return Simd::mul(x, exp_f32(exponent));
}

// The lanes of x[first .. first + kWidth) that lie within [0, channels); the others are 0.
LITE_INLINE f32 load_within(const float* x, int64_t first, int64_t channels) {
  if (first >= 0 && first + kWidth <= channels) return Simd::load(x + first);
  float lanes[kWidth];
  for (int lane = 0; lane < kWidth; ++lane) {
    const int64_t at = first + lane;
    lanes[lane] = at >= 0 && at < channels ? x[at] : 0.0f;
  }
  return Simd::load(lanes);
}

void vectors(const float* x, float* y, int64_t count, int64_t channels, const Window& window) {
  for (int64_t i = 0; i < count; ++i) {
    for (int64_t c = 0; c < channels; c += kWidth) {
      f32 sum = Simd::broadcast(0.0f);
      for (int64_t k = -window.before; k <= window.behind; ++k)
        sum = Simd::add(sum, square(load_within(x, c + k, channels)));
      const int lanes = channels - c < kWidth ? static_cast<int>(channels - c) : kWidth;
      Simd::store_partial(y + c, scaled(Simd::load_partial(x + c, lanes), sum, window), lanes);
    }
    x += channels;
    y += channels;
  }
}

void columns(const float* x, float* y, int64_t channels, int64_t columns, int64_t stride,
             const Window& window) {
  for (int64_t column = 0; column < columns; column += kWidth) {
    const int lanes = columns - column < kWidth ? static_cast<int>(columns - column) : kWidth;
    const float* from = x + column;
    float* to = y + column;
    for (int64_t c = 0; c < channels; ++c) {
      const int64_t first = c - window.before > 0 ? c - window.before : 0;
      const int64_t last = c + window.behind < channels ? c + window.behind : channels - 1;
      f32 sum = Simd::broadcast(0.0f);
      for (int64_t k = first; k <= last; ++k)
        sum = Simd::add(sum, square(Simd::load_partial(from + k * stride, lanes)));
      const f32 value = Simd::load_partial(from + c * stride, lanes);
      Simd::store_partial(to + c * stride, scaled(value, sum, window), lanes);
    }
  }
}

}  // namespace

extern const Kernels LITE_KERNELS;
const Kernels LITE_KERNELS = {vectors, columns};

}  // namespace lite::lrn
