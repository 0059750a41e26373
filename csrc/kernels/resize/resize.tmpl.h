// SPDX-License-Identifier: Apache-2.0
#include "base/requant.h"
#include "kernels/resize/resize.h"

namespace lite::resize {
namespace {

// One vector (or `count` < kWidth elements) of the weighted sum of kTaps sources.
template <int kTaps, bool kPartial>
LITE_INLINE void blend_vector(const float* const (&from)[kTaps], const Simd::f32 (&weights)[kTaps],
                              float* out, int count) {
  Simd::f32 total = Simd::broadcast(0.0f);
  LITE_UNROLL
  for (int t = 0; t < kTaps; ++t) {
    const Simd::f32 x = kPartial ? Simd::load_partial(from[t], count) : Simd::load(from[t]);
    total = t == 0 ? Simd::mul(x, weights[t]) : Simd::add(total, Simd::mul(x, weights[t]));
  }
  if (kPartial)
    Simd::store_partial(out, total, count);
  else
    Simd::store(out, total);
}

template <int kTaps>
LITE_INLINE void blend_run(const float* const (&sources)[kTaps], const float* weights, float* out,
                           int64_t count) {
  constexpr int kWidth = Simd::kWidth;
  Simd::f32 factors[kTaps];
  const float* from[kTaps];
  LITE_UNROLL
  for (int t = 0; t < kTaps; ++t) factors[t] = Simd::broadcast(weights[t]);
  int64_t i = 0;
  for (; i + kWidth <= count; i += kWidth) {
    LITE_UNROLL
    for (int t = 0; t < kTaps; ++t) from[t] = sources[t] + i;
    blend_vector<kTaps, false>(from, factors, out + i, kWidth);
  }
  if (i == count) return;
  LITE_UNROLL
  for (int t = 0; t < kTaps; ++t) from[t] = sources[t] + i;
  blend_vector<kTaps, true>(from, factors, out + i, static_cast<int>(count - i));
}

template <int kTaps>
void blend_rows_of(const float* const* rows, const float* weights, float* out, int64_t count) {
  const float* sources[kTaps];
  for (int t = 0; t < kTaps; ++t) sources[t] = rows[t];
  blend_run<kTaps>(sources, weights, out, count);
}

void blend_rows(const float* const* rows, const float* weights, int taps, float* out,
                int64_t count) {
  if (taps == 2) return blend_rows_of<2>(rows, weights, out, count);
  blend_rows_of<4>(rows, weights, out, count);
}

// Too few channels to fill a vector: plain code is as fast.
template <int kTaps>
void blend_thin_pixels(const float* row, const int64_t* offsets, const float* weights, float* out,
                       int64_t pixels, int64_t channels, int64_t pitch) {
  for (int64_t pixel = 0; pixel < pixels;
       ++pixel, offsets += kTaps, weights += kTaps, out += pitch) {
    for (int64_t c = 0; c < channels; ++c) {
      float total = weights[0] * row[offsets[0] + c];
      for (int t = 1; t < kTaps; ++t) total += weights[t] * row[offsets[t] + c];
      out[c] = total;
    }
  }
}

template <int kTaps>
void blend_pixels_of(const float* row, const int64_t* offsets, const float* weights, float* out,
                     int64_t pixels, int64_t channels, int64_t pitch) {
  if (channels < 4) {
    return blend_thin_pixels<kTaps>(row, offsets, weights, out, pixels, channels, pitch);
  }
  for (int64_t pixel = 0; pixel < pixels; ++pixel) {
    const float* sources[kTaps];
    for (int t = 0; t < kTaps; ++t) sources[t] = row + offsets[pixel * kTaps + t];
    blend_run<kTaps>(sources, weights + pixel * kTaps, out + pixel * pitch, channels);
  }
}

void blend_pixels(const float* row, const int64_t* offsets, const float* weights, int taps,
                  float* out, int64_t pixels, int64_t channels, int64_t pitch) {
  if (taps == 2) return blend_pixels_of<2>(row, offsets, weights, out, pixels, channels, pitch);
  blend_pixels_of<4>(row, offsets, weights, out, pixels, channels, pitch);
}

template <int kTaps>
void blend_bytes(const int8_t* const* rows, const float* weights, int32_t zero_point, float* out,
                 int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    float total = dequantize(rows[0][i], weights[0], zero_point);
    for (int t = 1; t < kTaps; ++t) total += dequantize(rows[t][i], weights[t], zero_point);
    out[i] = total;
  }
}

void blend_rows_s8(const int8_t* const* rows, const float* weights, int taps, int32_t zero_point,
                   float* out, int64_t count) {
  if (taps == 2) return blend_bytes<2>(rows, weights, zero_point, out, count);
  blend_bytes<4>(rows, weights, zero_point, out, count);
}

}  // namespace

extern const Kernels LITE_KERNELS;
const Kernels LITE_KERNELS = {blend_rows, blend_pixels, blend_rows_s8};

}  // namespace lite::resize
