// SPDX-License-Identifier: Apache-2.0
// Family qdepthwise: convolution of each channel by itself, of images NHWC and weights in s8, with
// sums modulo 2^32 that are requantized to s8.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/requantization.h"

namespace lite {
enum class Isa : int;
}

namespace lite::qdepthwise {

// Tasks that share an image by channels start at multiples of this.
inline constexpr int64_t kChannelStep = 64;

// Greatest magnitude of scales with which rounded steps surely are s32.
inline constexpr float kGreatestSmallScale = 0.5f;

// Pixels of padding that lie side by side.
inline constexpr int64_t kPaddingPixels = 12;

struct Layer {
  int64_t height = 0, width = 0, channels = 0;
  int64_t x_pitch = 0, y_pitch = 0, residual_pitch = 0;  // bytes from pixel to pixel
  int64_t out_height = 0, out_width = 0;
  int64_t kernel_height = 1, kernel_width = 1;
  int64_t stride_height = 1, stride_width = 1;
  int64_t dilation_height = 1, dilation_width = 1;
  int64_t pad_top = 0, pad_left = 0;
  bool residual = false;
  bool small_scales = false;    // none is greater than kGreatestSmallScale, or NaN
  bool narrow_weights = false;  // none is greater than kGreatestNarrowWeight
  Sums sums = Sums::any;        // what is known of them, if Kernels::wants_sums
  Requantization requantization;

  [[nodiscard]] int64_t taps() const { return kernel_height * kernel_width; }
};

// What is arranged before a layer runs.
struct Parameters {
  const int8_t* w = nullptr;
  int64_t tap_stride = 0, channel_stride = 0;  // from one weight to the next
  const int32_t* bias = nullptr;               // of each channel, with -x_zero * (sum of weights)
  const float* scale = nullptr;
};

// One image, a range of its output rows and a range of its channels.
struct Strip {
  const int8_t* x = nullptr;         // [height][width][x_pitch]
  const int8_t* residual = nullptr;  // [out_height][out_width][residual_pitch], or null
  int8_t* y = nullptr;               // [out_height][out_width][y_pitch]
  int64_t row_begin = 0, row_end = 0;
  int64_t channel_begin = 0, channel_end = 0;  // begins as kChannelStep says; all, or 64 at least
  const std::byte* parameters = nullptr;       // as `arrange` left them
  const int8_t* padding = nullptr;             // kPaddingPixels pixels of x_zero, x_pitch apart
  const int8_t** pointers = nullptr;           // scratch of pointers_needed(layer) entries
};

struct Kernels {
  int64_t (*pointers_needed)(const Layer& layer);
  int64_t (*arranged_bytes)(const Layer& layer);
  void (*arrange)(const Layer& layer, const Parameters& parameters, std::byte* arranged);
  void (*run)(const Layer& layer, const Strip& strip);
  bool (*narrow)(const Layer& layer);  // whether it is faster for its narrow weights
  bool wants_sums;                     // faster where Layer::sums are small
};

const Kernels& kernels(Isa isa);

}  // namespace lite::qdepthwise
