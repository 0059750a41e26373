// SPDX-License-Identifier: Apache-2.0
// Family winograd: convolutions of 3 x 3 windows with strides of 1 by the minimal filtering
// algorithms F(m, 3), m = 2, 4 and 6, in floats. A tile of m x m outputs comes from m + 2 by m + 2
// inputs; transformed they are as many points, and at each point the channels are mixed by a
// product of matrices (family gemm): (m + 2)^2 products in the place of 9 m^2.
//
// Relative to the greatest magnitude of a convolution's sums the error is at most 2e-5: with inputs
// and weights of mean 0 it was 8e-7 for m = 2, 4e-6 for m = 4 and 1.7e-5 for m = 6.
#pragma once

#include <cstdint>

#include "kernels/activation.h"

namespace lite {
enum class Isa : int;
}

namespace lite::winograd {

inline constexpr int kWindow = 3;

// Tiles of images NHWC, of floats or of halves (family hwinograd), that lie one behind the other,
// counted row by row through all images.
template <class T>
struct TilesOf {
  int64_t begin = 0, end = 0;
  int64_t height = 0, width = 0, channels = 0;
  int64_t out_height = 0, out_width = 0, out_channels = 0;
  int64_t pad_top = 0, pad_left = 0;
  int64_t x_pitch = 0, y_pitch = 0, residual_pitch = 0;  // elements from pixel to pixel
  const T* x = nullptr;
  const T* zeros = nullptr;  // `channels` of them: a pixel outside of the image
  T* y = nullptr;
  const float* bias = nullptr;  // out_channels floats, or null
  const T* residual = nullptr;  // as y, or null
  Activation activation;
  // Channel c of point p of tile t is at points[p * point_stride + (t - begin) * tile_stride + c].
  // A tile's stride is a multiple of 16; what lies behind its channels is written, too.
  T* points = nullptr;
  int64_t tile_stride = 0, point_stride = 0;
};
using Tiles = TilesOf<float>;

// Weights of a panel of 16 output channels: that of output j at (ky, kx) of input channel c is at
// w[c * channel_stride + (ky * 3 + kx) * tap_stride + j * column_stride].
struct Weights {
  const float* w = nullptr;
  int64_t channels = 0;
  int count = 16;  // outputs that exist, the others count as zeros
  int64_t channel_stride = 0, tap_stride = 0, column_stride = 0;
  float* points = nullptr;  // [point][channel][16], the points point_stride apart
  int64_t point_stride = 0;
};

struct Algorithm {
  void (*transform_weights)(const Weights& weights);
  void (*transform_inputs)(const Tiles& tiles);   // x to points
  void (*transform_outputs)(const Tiles& tiles);  // points to y
};

struct Kernels {
  int lanes;  // of a vector
  Algorithm tiles_of_2, tiles_of_4, tiles_of_6;
};

const Kernels& kernels(Isa isa);

// Of tiles of m by m outputs.
inline const Algorithm& algorithm(const Kernels& kernels, int m) {
  return m == 2 ? kernels.tiles_of_2 : m == 4 ? kernels.tiles_of_4 : kernels.tiles_of_6;
}

}  // namespace lite::winograd
