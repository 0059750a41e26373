// SPDX-License-Identifier: Apache-2.0
// Strips of any window, over the trait's elements.
#pragma once

#include "kernels/depthwise/row_tiles.h"

namespace lite::depthwise {
namespace {

// One row of inputs of a tile, into all sums that it takes part in.
template <int kKernel, int kStride, int kRows, int kColumns>
LITE_INLINE void add_input_row(int row, const Place& place, const Element* x, int64_t x_pitch,
                               const Element* w, int64_t channels,
                               Simd::f32 (&sums)[kRows][kColumns]) {
  using S = Shape<kKernel, kStride, kRows, kColumns>;
  Simd::f32 taps[kRows][kKernel];
  LITE_UNROLL
  for (int i = 0; i < kRows; ++i) {
    const int ky = row - i * kStride;
    LITE_UNROLL
    for (int kx = 0; kx < kKernel; ++kx)
      if (ky >= 0 && ky < kKernel) taps[i][kx] = Simd::load(w + (ky * kKernel + kx) * channels);
  }
  LITE_UNROLL
  for (int column = 0; column < S::kInputColumns; ++column) {
    if (outside<kKernel, S::kInputColumns>(column, place.column_begin, place.column_end)) continue;
    const Simd::f32 value = Simd::load(x + column * x_pitch);
    add_input<kKernel, kStride>(row, column, value, taps, sums);
  }
}

// Bounds that are infinite are left out: comparisons take the place of multiplications.
template <int kRows, int kColumns>
LITE_INLINE void store_tile(const Elements& strip, Element* y,
                            const Simd::f32 (&sums)[kRows][kColumns]) {
  const int64_t pitch = strip.y_pitch;
  const Simd::f32 lo = Simd::broadcast(strip.activation.lo);
  const Simd::f32 hi = Simd::broadcast(strip.activation.hi);
  const bool bounded = strip.activation.hi < __builtin_inff();
  LITE_UNROLL
  for (int i = 0; i < kRows; ++i, y += strip.out_width * pitch) LITE_UNROLL
  for (int j = 0; j < kColumns; ++j) {
    const Simd::f32 value = Simd::max(lo, sums[i][j]);
    Simd::store(y + j * pitch, bounded ? Simd::min(hi, value) : value);
  }
}

// An integer that the compiler knows nothing about: its multiples are computed where they are
// needed instead of kept in memory.
LITE_INLINE int64_t opaque(int64_t x) {
  asm volatile("" : "+r"(x));
  return x;
}

// A tile of outputs. There are kWidth channels or more; the last vector of them overlaps the one
// before.
template <int kKernel, int kStride, int kRows, int kColumns>
__attribute__((noinline)) void run_tile(const Elements& strip, const Place& place) {
  using S = Shape<kKernel, kStride, kRows, kColumns>;
  for (int64_t next = strip.channel_begin; next < strip.channel_end; next += kWidth) {
    const int64_t c = next + kWidth <= strip.channel_end ? next : strip.channel_end - kWidth;
    const int64_t channels = opaque(strip.channels), x_pitch = opaque(strip.x_pitch);
    const Simd::f32 bias = strip.bias ? Simd::load(strip.bias + c) : Simd::broadcast(0.0f);
    Simd::f32 sums[kRows][kColumns];
    LITE_UNROLL
    for (int i = 0; i < kRows; ++i) LITE_UNROLL
    for (int j = 0; j < kColumns; ++j) sums[i][j] = bias;
    int64_t input = place.input + c;
    LITE_UNROLL
    for (int row = 0; row < S::kInputRows; ++row, input += strip.width * x_pitch)
      if (!outside<kKernel, S::kInputRows>(row, place.row_begin, place.row_end))
        add_input_row<kKernel, kStride>(row, place, strip.x + input, x_pitch, strip.w + c, channels,
                                        sums);
    Element* y = strip.y + place.output + c;
    store_tile(strip, y, sums);
    if (strip.activation.kind != ActivationKind::bounds) activate_tile(strip, y, kRows, kColumns);
  }
}

// Where a tile of any window lies; inputs in the padding are at Strip::zeros.
struct Tile {
  const Element* const* inputs;
  Element* y;
  int columns;  // that exist
};

// Any window, one row of kGenericColumns outputs, `count` channels from c on.
template <bool kPartial>
LITE_INLINE void run_generic_channels(const Elements& strip, const Tile& tile, int64_t c,
                                      int count) {
  const auto load = [count](const auto* p) {
    return kPartial ? Simd::load_partial(p, count) : Simd::load(p);
  };
  Simd::f32 sums[kGenericColumns];
  LITE_UNROLL
  for (int j = 0; j < kGenericColumns; ++j)
    sums[j] = strip.bias ? load(strip.bias + c) : Simd::broadcast(0.0f);
  const int64_t taps = strip.kernel_height * strip.kernel_width;
  for (int64_t tap = 0; tap < taps; ++tap) {
    const Simd::f32 w = load(strip.w + tap * strip.channels + c);
    LITE_UNROLL
    for (int j = 0; j < kGenericColumns; ++j)
      sums[j] = Simd::fma(load(tile.inputs[tap * kGenericColumns + j] + c), w, sums[j]);
  }
  LITE_UNROLL
  for (int j = 0; j < kGenericColumns; ++j) {
    const Simd::f32 y = Simd::min(Simd::broadcast(strip.activation.hi),
                                  Simd::max(Simd::broadcast(strip.activation.lo), sums[j]));
    if (j >= tile.columns) break;
    Element* target = tile.y + j * strip.y_pitch + c;
    if (kPartial) {
      Simd::store_partial(target, y, count);
    } else {
      Simd::store(target, y);
    }
  }
}

const Element* input_at(const Elements& strip, int64_t row, int64_t column) {
  if (row < 0 || row >= strip.height || column < 0 || column >= strip.width) return strip.zeros;
  return strip.x + (row * strip.width + column) * strip.x_pitch;
}

Element* output_at(const Elements& strip, int64_t row, int64_t column) {
  return strip.y + (row * strip.out_width + column) * strip.y_pitch;
}

template <int kKernel, int kStride, int kRows, int kColumns>
void run_tile_at(const Elements& strip, int64_t row, int64_t column) {
  const int64_t top = row * strip.stride_height - strip.pad_top;
  const int64_t left = column * kStride - strip.pad_left;
  const Place place = {(top * strip.width + left) * strip.x_pitch,
                       (row * strip.out_width + column) * strip.y_pitch,
                       -top,
                       strip.height - top,
                       -left,
                       strip.width - left};
  if constexpr (kRowByRow) {
    run_row_tile<kKernel, kStride, kRows, kColumns>(strip, place);
  } else {
    run_tile<kKernel, kStride, kRows, kColumns>(strip, place);
  }
}

// A row of tiles; the last one overlaps the one before where it would be too wide. kStride is that
// of the columns, and of the rows if there are several.
template <int kKernel, int kStride, int kRows>
void run_tile_row(const Elements& strip, int64_t row) {
  const int64_t width = strip.out_width;
  for (int64_t column = 0; column < width;) {
    const int64_t rest = width - column;
    if (rest > kNarrow && width >= kWide) {
      run_tile_at<kKernel, kStride, kRows, kWide>(strip, row,
                                                  rest >= kWide ? column : width - kWide);
      column += kWide;
    } else {
      run_tile_at<kKernel, kStride, kRows, kNarrow>(strip, row,
                                                    rest >= kNarrow ? column : width - kNarrow);
      column += kNarrow;
    }
  }
}

template <int kKernel, int kStride>
void run_sized(const Elements& strip) {
  int64_t row = strip.row_begin;
  for (; strip.stride_height == kStride && row + 2 <= strip.row_end; row += 2)
    run_tile_row<kKernel, kStride, 2>(strip, row);
  for (; row < strip.row_end; ++row) run_tile_row<kKernel, kStride, 1>(strip, row);
}

void point_at_generic_inputs(const Elements& strip, int64_t row, int64_t column) {
  const Element** next = strip.pointers;
  const int64_t top = row * strip.stride_height - strip.pad_top;
  for (int64_t ky = 0; ky < strip.kernel_height; ++ky)
    for (int64_t kx = 0; kx < strip.kernel_width; ++kx)
      for (int j = 0; j < kGenericColumns; ++j) {
        const int64_t left = (column + j) * strip.stride_width - strip.pad_left;
        *next++ =
            input_at(strip, top + ky * strip.dilation_height, left + kx * strip.dilation_width);
      }
}

void run_generic(const Elements& strip) {
  for (int64_t row = strip.row_begin; row < strip.row_end; ++row)
    for (int64_t column = 0; column < strip.out_width; column += kGenericColumns) {
      point_at_generic_inputs(strip, row, column);
      const int64_t rest = strip.out_width - column;
      const Tile tile = {strip.pointers, output_at(strip, row, column),
                         rest < kGenericColumns ? static_cast<int>(rest) : kGenericColumns};
      int64_t c = strip.channel_begin;
      for (; c + kWidth <= strip.channel_end; c += kWidth)
        run_generic_channels<false>(strip, tile, c, kWidth);
      if (c < strip.channel_end)
        run_generic_channels<true>(strip, tile, c, static_cast<int>(strip.channel_end - c));
      apply_activation(strip.activation, tile.y + strip.channel_begin, strip.y_pitch, tile.columns,
                       strip.channel_end - strip.channel_begin);
    }
}

using Run = void (*)(const Elements& strip);

bool pads_little(const Elements& strip, int64_t padding) {
  return pads_little_along(padding, strip.pad_top, strip.out_height, strip.stride_height,
                           strip.kernel_height, strip.height) &&
         pads_little_along(padding, strip.pad_left, strip.out_width, strip.stride_width,
                           strip.kernel_width, strip.width);
}

// The kernel for a window; those of fixed size want whole vectors of channels and whole tiles.
Run choose(const Elements& strip) {
  const bool undilated = strip.dilation_height == 1 && strip.dilation_width == 1;
  const bool square = strip.kernel_height == strip.kernel_width;
  if (undilated && square && strip.channels >= kWidth && strip.out_width >= kNarrow &&
      pads_little(strip, strip.kernel_height / 2)) {
    const int64_t kernel = strip.kernel_height, stride = strip.stride_width;
    if (kernel == 3 && stride == 1) return run_sized<3, 1>;
    if (kernel == 3 && stride == 2) return run_sized<3, 2>;
    if (kernel == 5 && stride == 1) return run_sized<5, 1>;
    if (kernel == 5 && stride == 2) return run_sized<5, 2>;
  }
  return run_generic;
}

int64_t pointers_needed(const Elements& strip) {
  return strip.kernel_height * strip.kernel_width * kGenericColumns;
}

// Adds the residual to a row of sums and applies the activation.
void finish_row(const Elements& strip, int64_t row) {
  const int64_t count = strip.channel_end - strip.channel_begin;
  const Simd::f32 lo = Simd::broadcast(strip.activation.lo);
  const Simd::f32 hi = Simd::broadcast(strip.activation.hi);
  Element* y = output_at(strip, row, 0) + strip.channel_begin;
  const Element* residual =
      strip.residual + row * strip.out_width * strip.residual_pitch + strip.channel_begin;
  for (int64_t column = 0; column < strip.out_width; ++column)
    for (int64_t c = 0; c < count; c += kWidth) {
      Element* target = y + column * strip.y_pitch + c;
      const int lanes = count - c < kWidth ? static_cast<int>(count - c) : kWidth;
      const Simd::f32 sum =
          Simd::add(Simd::load_partial(target, lanes),
                    Simd::load_partial(residual + column * strip.residual_pitch + c, lanes));
      Simd::store_partial(target, Simd::min(hi, Simd::max(lo, sum)), lanes);
    }
  apply_activation(strip.activation, y, strip.y_pitch, strip.out_width, count);
}

// A residual follows two rows at a time, while they are in the cache, and the activation after it.
void run_adding(const Elements& strip, Run convolve) {
  Elements part = strip;
  part.activation = Activation{};
  for (int64_t row = strip.row_begin; row < strip.row_end; row += 2) {
    part.row_begin = row;
    part.row_end = row + 2 < strip.row_end ? row + 2 : strip.row_end;
    convolve(part);
    for (int64_t done = row; done < part.row_end; ++done) finish_row(strip, done);
  }
}

// A vector of weights lies far from the next tap's: too many places for the hardware to foresee.
void fetch_weights(const Elements& strip) {
  constexpr int64_t kLine = 16;
  const int64_t taps = strip.kernel_height * strip.kernel_width;
  for (int64_t tap = 0; tap < taps; ++tap)
    for (int64_t c = strip.channel_begin; c < strip.channel_end; c += kLine)
      __builtin_prefetch(strip.w + tap * strip.channels + c);
}

void run(const Elements& strip) {
  const Run convolve = choose(strip);
  fetch_weights(strip);
  strip.residual == nullptr ? convolve(strip) : run_adding(strip, convolve);
}

}  // namespace
}  // namespace lite::depthwise
