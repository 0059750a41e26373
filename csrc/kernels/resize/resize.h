// SPDX-License-Identifier: Apache-2.0
// Family resize: interpolation in two steps, first between rows, then between pixels (NHWC).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/isa.h"

namespace lite::resize {

inline constexpr int kMaxTaps = 4;

struct Kernels {
  // out[i] = sum over t < taps of weights[t] * rows[t][i], i < count; taps is 2 or 4.
  void (*blend_rows)(const float* const* rows, const float* weights, int taps, float* out,
                     int64_t count);
  // out[p * pitch + c] = sum over t < taps of weights[p][t] * row[offsets[p][t] + c], c < channels;
  // taps is 2 or 4.
  void (*blend_pixels)(const float* row, const int64_t* offsets, const float* weights, int taps,
                       float* out, int64_t pixels, int64_t channels, int64_t pitch);
  // blend_rows of float(row[i] - zero_point).
  void (*blend_rows_s8)(const int8_t* const* rows, const float* weights, int taps,
                        int32_t zero_point, float* out, int64_t count);
};

const Kernels& kernels(Isa isa);

}  // namespace lite::resize
