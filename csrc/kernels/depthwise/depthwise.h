// SPDX-License-Identifier: Apache-2.0
// Family depthwise: convolution of each channel by itself in floats, NHWC; weights are
// [kernel_height * kernel_width][channels] (Packing::depthwise).
#pragma once

#include <cstdint>

#include "kernels/activation.h"

namespace lite {
enum class Isa : int;
}

namespace lite::depthwise {

// One image, of floats or of halves (family hdepthwise), a range of its output rows and a range of
// its channels.
template <class T>
struct StripOf {
  const T* x = nullptr;  // [height][width][x_pitch]
  int64_t height = 0, width = 0, channels = 0;
  const T* w = nullptr;
  const T* bias = nullptr;      // channels elements, or null
  const T* residual = nullptr;  // [out_height][out_width][residual_pitch], or null
  T* y = nullptr;               // [out_height][out_width][y_pitch]
  int64_t x_pitch = 0, y_pitch = 0, residual_pitch = 0;  // `channels` at least
  int64_t out_height = 0, out_width = 0;
  int64_t row_begin = 0, row_end = 0;
  int64_t channel_begin = 0, channel_end = 0;  // all channels, or 16 at least
  int64_t kernel_height = 1, kernel_width = 1;
  int64_t stride_height = 1, stride_width = 1;
  int64_t dilation_height = 1, dilation_width = 1;
  int64_t pad_top = 0, pad_left = 0;
  const T* zeros = nullptr;      // channels zeros: what padding reads
  const T** pointers = nullptr;  // scratch of pointers_needed(strip) entries
  Activation activation;
};
using Strip = StripOf<float>;

// Whether no window reaches farther out of the image, along one of its axes, than the tiles of
// fixed size look: `before` is the padding before it, `span` what a window covers.
[[nodiscard]] constexpr bool pads_little_along(int64_t padding, int64_t before, int64_t outputs,
                                               int64_t stride, int64_t span, int64_t inputs) {
  return before <= padding && (outputs - 1) * stride + span - before - inputs <= padding;
}

struct Kernels {
  void (*run)(const Strip& strip);
  int64_t (*pointers_needed)(const Strip& strip);
  // Weights of floats from integers: w[tap][c] = float(q[tap][c]) * scales[c].
  void (*expand_s8)(const int8_t* q, int64_t taps, int64_t channels, const float* scales, float* w);
  void (*expand_s16)(const int16_t* q, int64_t taps, int64_t channels, const float* scales,
                     float* w);
};

const Kernels& kernels(Isa isa);

}  // namespace lite::depthwise
