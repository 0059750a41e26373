// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/winograd/transforms.h"

namespace lite::winograd {
namespace {

constexpr int kPanel = 16;

template <class F>
struct WeightTable {
  double rows[F::size][kWindow] = {};
  constexpr WeightTable() {
    for (int row = 0; row < F::size; ++row)
      for (int column = 0; column < kWindow; ++column) rows[row][column] = F::weight(row, column);
  }
};
template <class F>
constexpr WeightTable<F> kWeightTable = {};

template <class F>
void transform_channel(const double (&w)[kWindow * kWindow][kPanel], float* points,
                       int64_t point_stride) {
  double half[F::size][kWindow][kPanel];
  for (int i = 0; i < F::size; ++i) {
    const double (&g)[kWindow] = kWeightTable<F>.rows[i];
    for (int kx = 0; kx < kWindow; ++kx)
      for (int j = 0; j < kPanel; ++j)
        half[i][kx][j] =
            g[0] * w[kx][j] + g[1] * w[kWindow + kx][j] + g[2] * w[2 * kWindow + kx][j];
  }
  for (int i = 0; i < F::size; ++i)
    for (int point = 0; point < F::size; ++point, points += point_stride) {
      const double (&g)[kWindow] = kWeightTable<F>.rows[point];
      for (int j = 0; j < kPanel; ++j)
        points[j] =
            static_cast<float>(g[0] * half[i][0][j] + g[1] * half[i][1][j] + g[2] * half[i][2][j]);
    }
}

// In double: the weights' transform adds nothing to the error but one rounding.
template <class F>
void transform_weights(const Weights& weights) {
  double w[kWindow * kWindow][kPanel] = {};
  for (int64_t channel = 0; channel < weights.channels; ++channel) {
    const float* source = weights.w + channel * weights.channel_stride;
    for (int tap = 0; tap < kWindow * kWindow; ++tap)
      for (int j = 0; j < weights.count; ++j)
        w[tap][j] = source[tap * weights.tap_stride + j * weights.column_stride];
    transform_channel<F>(w, weights.points + channel * kPanel, weights.point_stride);
  }
}

template <int kOutputs>
constexpr Algorithm kAlgorithm = {transform_weights<Filter<kOutputs>>,
                                  transform_inputs<Filter<kOutputs>>,
                                  transform_outputs<Filter<kOutputs>>};

}  // namespace

extern const Kernels LITE_KERNELS;
const Kernels LITE_KERNELS = {kWidth, kAlgorithm<2>, kAlgorithm<4>, kAlgorithm<6>};

}  // namespace lite::winograd
