// SPDX-License-Identifier: Apache-2.0
// Family int16x8: layers of activations in s16 and weights in s8. Sums are exact, in 64 bits, and
// become floats by one rounding; then they are requantized to s16.
#pragma once

#include <cstdint>

#include "kernels/requantization.h"

namespace lite {
enum class Isa : int;
}

namespace lite::int16x8 {

// What follows the sums of a block of outputs.
struct Finish {
  const int32_t* bias = nullptr;              // of each column
  const int32_t* bias_and_weights = nullptr;  // with the sum of each column's weights, modulo 2^32
  const float* scale = nullptr;               // of each column
  Requantization requantization;
  const int16_t* residual = nullptr;  // as y, or null
  int16_t* y = nullptr;
  int64_t stride = 0, residual_stride = 0;  // from row to row
};

// A matrix product, whose rows are pixels, and whose depth is `taps` rows of k.
struct Block {
  int64_t m = 0, n = 0;  // rows and columns of y in this block
  int64_t taps = 1, k = 0;
  const int16_t* const* rows = nullptr;  // rows[tap * m + i]: the k elements of row i
  const int8_t* b = nullptr;             // first panel of the block: [taps][ceil(k / 4)][16][4]
  int64_t panel_stride = 0;              // bytes from panel to panel
  Finish finish;
};

// Convolution of each channel by itself.
struct Pixels {
  int64_t count = 0;
  int64_t channel_begin = 0, channel_end = 0, channels = 0;
  int64_t taps = 1;
  const int16_t* const* rows = nullptr;  // rows[tap * count + i]: all channels of pixel i
  const int8_t* w = nullptr;             // [taps][channels]
  Finish finish;                         // of channel_begin, and of those after it
};

struct Kernels {
  void (*multiply)(const Block& block);
  void (*convolve)(const Pixels& pixels);
};

const Kernels& kernels(Isa isa);

}  // namespace lite::int16x8
