// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/requant.h"
#include "kernels/int16x8/int16x8.h"
#include "simd/halves.h"

namespace lite::int16x8 {
namespace {

constexpr int kPanel = 16, kQuad = 4;
constexpr int kFitting = Simd::kRegisters / (2 * Halves::kVectors);
constexpr int kRows = kFitting > 4 ? 4 : kFitting > 1 ? kFitting : 1;  // of a tile
constexpr int64_t kExactProducts = 508;  // of 2^22 at most, whose sum surely is an s32
constexpr int kChannels = 32;            // that are convolved at once

int16_t output(const Finish& finish, int64_t sum, int64_t row, int64_t column) {
  const Requantization& by = finish.requantization;
  const int32_t bias = finish.bias[column];
  const int32_t weights = static_cast<int32_t>(
      static_cast<uint32_t>(finish.bias_and_weights[column]) - static_cast<uint32_t>(bias));
  sum += bias - static_cast<int64_t>(by.x_zero) * weights;
  float steps = static_cast<float>(sum) * finish.scale[column];
  if (finish.residual != nullptr)
    steps += scaled(finish.residual[row * finish.residual_stride + column] - by.residual_zero,
                    by.residual_scale);
  return static_cast<int16_t>(placed(steps, {by.y_zero, by.lo, by.hi}));
}

// Sums of rows of a panel: short ones in registers, which are added to exact ones in time.
template <int kTileRows>
struct Tile {
  Halves::s32 sums[kTileRows][Halves::kVectors] = {};
  int64_t exact[kTileRows][kPanel] = {};
  int64_t products = 0;

  LITE_INLINE void add(const int16_t* const (&x)[kTileRows], const int8_t* b) {
    const Halves::Weights w = Halves::weights(b);
    LITE_UNROLL
    for (int i = 0; i < kTileRows; ++i) Halves::add(sums[i], Halves::inputs(x[i]), w);
    products += kQuad;
    if (products == kExactProducts) flush();
  }

  LITE_INLINE void flush() {
    LITE_UNROLL
    for (int i = 0; i < kTileRows; ++i) {
      int32_t partials[kPanel * Halves::kPartials];
      Halves::store(partials, sums[i]);
      for (int j = 0; j < kPanel * Halves::kPartials; ++j)
        exact[i][j / Halves::kPartials] += partials[j];
      LITE_UNROLL
      for (int j = 0; j < Halves::kVectors; ++j) sums[i][j] = Halves::s32{};
    }
    products = 0;
  }
};

template <int kTileRows>
void multiply_tile(const Block& block, const int8_t* b, int64_t row, int64_t column) {
  Tile<kTileRows> tile;
  const int64_t whole = block.k / kQuad * kQuad;
  for (int64_t tap = 0; tap < block.taps; ++tap) {
    const int16_t* x[kTileRows];
    for (int i = 0; i < kTileRows; ++i) x[i] = block.rows[tap * block.m + row + i];
    for (int64_t k = 0; k < whole; k += kQuad, b += kPanel * kQuad) {
      tile.add(x, b);
      for (int i = 0; i < kTileRows; ++i) x[i] += kQuad;
    }
    if (whole == block.k) continue;
    int16_t rest[kTileRows][kQuad] = {};
    for (int i = 0; i < kTileRows; ++i) {
      for (int64_t k = 0; k < block.k - whole; ++k) rest[i][k] = x[i][k];
      x[i] = rest[i];
    }
    tile.add(x, b);
    b += kPanel * kQuad;
  }
  tile.flush();
  const int64_t columns = block.n - column < kPanel ? block.n - column : kPanel;
  for (int i = 0; i < kTileRows; ++i)
    for (int64_t j = 0; j < columns; ++j) {
      const int64_t place = (row + i) * block.finish.stride + column + j;
      block.finish.y[place] = output(block.finish, tile.exact[i][j], row + i, column + j);
    }
}

void multiply(const Block& block) {
  for (int64_t column = 0; column < block.n; column += kPanel) {
    const int8_t* b = block.b + column / kPanel * block.panel_stride;
    int64_t row = 0;
    for (; row + kRows <= block.m; row += kRows) multiply_tile<kRows>(block, b, row, column);
    for (; row < block.m; ++row) multiply_tile<1>(block, b, row, column);
  }
}

// `count` channels from c on, kChannels at most, of one pixel.
LITE_INLINE void convolve_channels(const Pixels& pixels, int64_t pixel, int64_t c, int count) {
  int64_t exact[kChannels] = {};
  for (int64_t first = 0; first < pixels.taps; first += kExactProducts) {
    const int64_t end = first + kExactProducts < pixels.taps ? first + kExactProducts : pixels.taps;
    int32_t sums[kChannels] = {};
    for (int64_t tap = first; tap < end; ++tap) {
      const int16_t* x = pixels.rows[tap * pixels.count + pixel] + c;
      const int8_t* w = pixels.w + tap * pixels.channels + c;
      for (int i = 0; i < count; ++i) sums[i] += x[i] * w[i];
    }
    for (int i = 0; i < count; ++i) exact[i] += sums[i];
  }
  for (int i = 0; i < count; ++i) {
    const int64_t column = c - pixels.channel_begin + i;
    const int64_t place = pixel * pixels.finish.stride + column;
    pixels.finish.y[place] = output(pixels.finish, exact[i], pixel, column);
  }
}

void convolve(const Pixels& pixels) {
  for (int64_t pixel = 0; pixel < pixels.count; ++pixel) {
    int64_t c = pixels.channel_begin;
    for (; c + kChannels <= pixels.channel_end; c += kChannels)
      convolve_channels(pixels, pixel, c, kChannels);
    if (c < pixels.channel_end)
      convolve_channels(pixels, pixel, c, static_cast<int>(pixels.channel_end - c));
  }
}

}  // namespace

extern const Kernels LITE_KERNELS;
const Kernels LITE_KERNELS = {multiply, convolve};

}  // namespace lite::int16x8
