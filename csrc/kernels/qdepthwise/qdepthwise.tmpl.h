// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>

#include "base/requant.h"
#include "kernels/qdepthwise/any_window.h"
#include "kernels/qdepthwise/blocks.h"
#include "kernels/qdepthwise/qdepthwise.h"
#include "simd/quads.h"

namespace lite::qdepthwise {
namespace {

constexpr int kWidest = Simd::kWidth > 1 ? kGreatestBlock : 0;  // 0: only the generic kernel
constexpr int kNarrowest = 16;
constexpr bool kManyRegisters = Simd::kRegisters >= 32 && kQuadsInOneStep;
constexpr int kMostInputRows = 5;  // of a tile
constexpr int kChunk = 32;         // channels that the generic kernel sums up at once

// A row of a window of 3 lies in one quad, quads being 2 pixels apart; one of 5 in two, 4 apart.
template <int kTheKernel, int kTheStride>
struct Window {
  static constexpr int kKernel = kTheKernel, kStride = kTheStride;
  static constexpr int kStep = kKernel == 3 ? 2 : 4;    // pixels from quad to quad
  static constexpr int kSpread = kKernel == 3 ? 1 : 2;  // quads of a window
  static constexpr int kShifts = kStep / kStride;       // places of a window in its first quad
  static constexpr int kVectors = kKernel * kShifts * kSpread;  // parts of weights for one of sums
  static constexpr int kColumns = kKernel == 5 && kManyRegisters ? 4 : 2;
  static constexpr int kMostRows = kKernel == 3 && kManyRegisters ? 2 : 1;
  static constexpr int kQuads = (kColumns - 1) * kStride / kStep + kSpread;
  static constexpr int kInputColumns = (kQuads - 1) * kStep + 4;

  static_assert((kMostRows - 1) * kStride + kKernel <= kMostInputRows);
  static_assert(kInputColumns <= kPaddingPixels);

  static constexpr int first_quad(int column) { return column * kStride / kStep; }
  static constexpr int shift(int column) { return column * kStride % kStep / kStride; }
  // The tap of a window's row that the first pixel of a quad meets; it may be none, below 0.
  static constexpr int first_tap(int shift, int spread) { return 4 * spread - shift * kStride; }
};

// Where the inputs of a tile at a border lie, pixel by pixel.
struct Scattered {
  const int8_t* const* pixels;  // [input rows][W::kInputColumns]

  template <class W>
  LITE_INLINE const int8_t* at(int row, int column) const {
    return pixels[row * W::kInputColumns + column];
  }
  template <class W, int kInputRows>
  LITE_INLINE void advance() {}  // such a tile stands alone
};

// Where those of tiles inside the image's width lie: a row of them may be padding, which all share.
struct Rows {
  const int8_t* first[kMostInputRows];
  int64_t pixel, step[kMostInputRows];  // bytes from pixel to pixel, from tile to tile

  template <class W>
  LITE_INLINE const int8_t* at(int row, int column) const {
    return first[row] + column * pixel;
  }
  template <class W, int kInputRows>
  LITE_INLINE void advance() {
    for (int row = 0; row < kInputRows; ++row) first[row] += step[row];
  }
};

// Where a row of tiles puts its outputs.
struct Target {
  int8_t* y;
  int64_t pixel, row, tiles;  // bytes from pixel to pixel and from row to row, and how many tiles
};

// A block's parameters: bias and scale of each channel, then weights
// [kernel row][shift][spread][part][tap and channel as the quads place them].
template <class W, class Q>
struct Block {
  static constexpr int kPartWeights = 4 * Q::kPartChannels;
  static constexpr int64_t kBytes =
      BlockSums<Q>::kBytes +
      W::kVectors * 4 * kPartWeights * static_cast<int64_t>(sizeof(typename Q::Weight));

  static constexpr int weights_at(int row, int shift, int spread, int part) {
    return (((row * W::kShifts + shift) * W::kSpread + spread) * 4 + part) * kPartWeights;
  }
};

// Whether a row of inputs meets all that it has to before the next one is zipped: strided tiles of
// two rows would keep more rows than registers hold. Weights are loaded again then.
template <class W, int kRows>
constexpr bool kRowByRow = kRows > 1 && W::kStride > 1;

// Rows of inputs, of which the window's row ky of each row of outputs meets one.
template <class W, class Q, int kRows>
using Inputs =
    typename Q::Part[kRowByRow<W, kRows> ? 1 : (kRows - 1) * W::kStride + 1][W::kQuads][4];

template <class W, class Q, class Source, int kInputRows>
LITE_INLINE void zip_row(const Source& source, int row, int64_t c,
                         typename Q::Part (&x)[kInputRows][W::kQuads][4]) {
  LITE_UNROLL
  for (int quad = 0; quad < W::kQuads; ++quad) {
    const int8_t* pixels[4];
    LITE_UNROLL
    for (int i = 0; i < 4; ++i) pixels[i] = source.template at<W>(row, quad * W::kStep + i) + c;
    Q::zip(pixels, x[row % kInputRows][quad]);
  }
}

// The products of one row of the window for some rows of outputs, which share the weights that are
// loaded.
template <class W, class Q, int kRows, int kInputRows>
LITE_INLINE void add_window_row(int ky, int begin_row, int end_row,
                                const typename Q::Weight* weights,
                                const typename Q::Part (&x)[kInputRows][W::kQuads][4],
                                typename Q::s32 (&sums)[kRows][W::kColumns][4]) {
  LITE_UNROLL
  for (int part = 0; part < 4; ++part) LITE_UNROLL
  for (int spread = 0; spread < W::kSpread; ++spread) LITE_UNROLL
  for (int shift = 0; shift < W::kShifts; ++shift) {
    const int tap = W::first_tap(shift, spread);
    const int end = W::kKernel - tap < 4 ? W::kKernel - tap : 4;
    const auto w = Q::weights(weights + Block<W, Q>::weights_at(ky, shift, spread, part));
    LITE_UNROLL
    for (int i = begin_row; i < end_row; ++i) LITE_UNROLL
    for (int j = 0; j < W::kColumns; ++j) {
      if (W::shift(j) != shift) continue;
      const auto& parts = x[(ky + i * W::kStride) % kInputRows][W::first_quad(j) + spread];
      sums[i][j][part] = Q::dot(sums[i][j][part], parts[part], w, tap < 0 ? -tap : 0, end);
    }
  }
}

// All products of a block.
template <class W, class Q, int kRows, class Source>
LITE_INLINE void add_window(const Source& source, int64_t c, const typename Q::Weight* weights,
                            typename Q::s32 (&sums)[kRows][W::kColumns][4]) {
  constexpr int kLater = (kRows - 1) * W::kStride;  // from the first row's inputs to the last's
  Inputs<W, Q, kRows> x;
  if constexpr (kRowByRow<W, kRows>) {
    LITE_UNROLL
    for (int row = 0; row < kLater + W::kKernel; ++row) {
      zip_row<W, Q>(source, row, c, x);
      LITE_UNROLL
      for (int i = 0; i < kRows; ++i) {
        const int ky = row - i * W::kStride;
        if (ky >= 0 && ky < W::kKernel) add_window_row<W, Q>(ky, i, i + 1, weights, x, sums);
      }
    }
    return;
  }
  LITE_UNROLL
  for (int row = 0; row < kLater; ++row) zip_row<W, Q>(source, row, c, x);
  LITE_UNROLL
  for (int ky = 0; ky < W::kKernel; ++ky) {
    zip_row<W, Q>(source, ky + kLater, c, x);
    add_window_row<W, Q>(ky, 0, kRows, weights, x, sums);
  }
}

// A block of a tile, whose first channel is c.
template <class W, class Q, int kRows, class Source>
LITE_INLINE void run_block(const Source& source, const std::byte* arranged, int64_t c,
                           const Target& target, int8_t* y, const typename Q::Bounds& bounds) {
  const auto* weights =
      reinterpret_cast<const typename Q::Weight*>(arranged + BlockSums<Q>::kBytes);
  typename Q::s32 sums[kRows][W::kColumns][4];
  LITE_UNROLL
  for (int i = 0; i < kRows; ++i) LITE_UNROLL
  for (int j = 0; j < W::kColumns; ++j) LITE_UNROLL
  for (int part = 0; part < 4; ++part) sums[i][j][part] = BlockSums<Q>::bias(arranged, part);
  add_window<W, Q>(source, c, weights, sums);
  typename Q::f32 scales[4];
  LITE_UNROLL
  for (int part = 0; part < 4; ++part) scales[part] = BlockSums<Q>::scale(arranged, part);
  LITE_UNROLL
  for (int i = 0; i < kRows; ++i) LITE_UNROLL
  for (int j = 0; j < W::kColumns; ++j)
    Q::store(y + i * target.row + j * target.pixel + c, sums[i][j], scales, bounds);
}

template <class W, class Q, int kRows, class Source>
__attribute__((noinline)) void run_tiles(const Requantization& to, const Channels& channels,
                                         Source source, const Target& target) {
  const typename Q::Bounds bounds(Placement{to.y_zero, to.lo, to.hi});
  int8_t* y = target.y;
  for (int64_t tile = 0; tile < target.tiles; ++tile, y += W::kColumns * target.pixel) {
    int64_t c = channels.first;
    const std::byte* arranged = channels.arranged;
    for (int64_t block = 0; block < channels.blocks; ++block) {
      run_block<W, Q, kRows>(source, arranged, c, target, y, bounds);
      c += Q::kBlock;
      arranged += Block<W, Q>::kBytes;
    }
    source.template advance<W, (kRows - 1) * W::kStride + W::kKernel>();
  }
}

// How the channels of a layer are cut: whole blocks of one width, then perhaps one of another that
// ends with the last channel and overlaps them.
struct Cut {
  int width = 0, tail = 0;  // tail: 0 if there is none
  int64_t blocks = 0;
};

Cut cut(int64_t channels) {
  Cut cut;
  cut.width = kWidest;
  while (cut.width > channels) cut.width /= 2;
  cut.blocks = channels / cut.width;
  const int64_t rest = channels % cut.width;
  if (rest == 0) return cut;
  cut.tail = kNarrowest;
  while (cut.tail < rest) cut.tail *= 2;
  return cut;
}

template <class Source>
using Run = void (*)(const Requantization& to, const Channels& channels, Source source,
                     const Target& target);
using FillBlock = void (*)(const Layer& layer, const Parameters& parameters, int64_t c,
                           std::byte* arranged);

// Arranges the parameters of a block of channels from c on.
template <class W, class Q>
void fill_block(const Layer& layer, const Parameters& from, int64_t c, std::byte* arranged) {
  using B = Block<W, Q>;
  auto* weights = reinterpret_cast<typename Q::Weight*>(arranged + BlockSums<Q>::kBytes);
  for (int i = 0; i < Q::kBlock; ++i) {
    const int part = i / Q::kPartChannels, lane = i % Q::kPartChannels;
    const int64_t channel = c + Q::channel(part, lane);
    const int8_t* w = from.w + channel * from.channel_stride;
    fill_sum<Q>(from, layer.taps(), channel, i, arranged);
    for (int vector = 0; vector < W::kVectors * 4; ++vector) {
      const int spread = vector / 4 % W::kSpread, row = vector / 4 / W::kSpread / W::kShifts;
      const int tap = W::first_tap(vector / 4 / W::kSpread % W::kShifts, spread) + vector % 4;
      const bool inside = tap >= 0 && tap < W::kKernel;
      weights[vector / 4 * 4 * B::kPartWeights + part * B::kPartWeights +
              Q::place(vector % 4, lane)] =
          inside ? w[(row * W::kKernel + tap) * from.tap_stride] : 0;
    }
  }
}

// What there is for a window and a width of blocks; [0] for one row of outputs, [1] for most rows.
struct Functions {
  Run<Scattered> at_borders[2];
  Run<Rows> inside[2];
  FillBlock fill;
  int64_t block_bytes;
};

struct AnyWindow {
  static constexpr int kKernel = 0;
};

// Of a window whose taps are added by fours.
struct TapFunctions {
  RunTaps run;
  FillBlock fill;
  int64_t block_bytes;
};

template <class W, class Q>
auto functions_of(const Layer& layer) {
  if constexpr (std::is_same<W, AnyWindow>::value)
    return TapFunctions{run_taps<Q>, fill_taps<Q>, taps_bytes<Q>(layer)};
  else
    return Functions{{run_tiles<W, Q, 1, Scattered>, run_tiles<W, Q, W::kMostRows, Scattered>},
                     {run_tiles<W, Q, 1, Rows>, run_tiles<W, Q, W::kMostRows, Rows>},
                     fill_block<W, Q>,
                     Block<W, Q>::kBytes};
}

template <class W, template <int> class Q>
auto functions_among(const Layer& layer, int width) {
  if constexpr (kWidest >= 64)
    if (width == 64) return functions_of<W, Q<64>>(layer);
  if constexpr (kWidest >= 32)
    if (width == 32) return functions_of<W, Q<32>>(layer);
  return functions_of<W, Q<16>>(layer);
}

template <class W>
auto functions(const Layer& layer, int width) {
  if constexpr (kTwiceQuads && W::kKernel != 5)
    if (layer.requantization.twice) return functions_among<W, TwiceQuads>(layer, width);
  if constexpr (kNarrowQuads && kWidest > 0)
    if (layer.narrow_weights) return functions_among<W, NarrowQuads>(layer, width);
  return functions_among<W, Quads>(layer, width);
}

const int8_t* input_at(const Layer& layer, const Strip& strip, int64_t row, int64_t column) {
  if (row < 0 || row >= layer.height || column < 0 || column >= layer.width) return strip.padding;
  return strip.x + (row * layer.width + column) * layer.x_pitch;
}

int8_t* output_at(const Layer& layer, const Strip& strip, int64_t row, int64_t column) {
  return strip.y + (row * layer.out_width + column) * layer.y_pitch;
}

// Pointers to the inputs [rows][columns] whose first is that of the window of output (row, column).
template <int kColumns>
LITE_INLINE void point_at_inputs(const Layer& layer, const Strip& strip, int rows, int64_t row,
                                 int64_t column) {
  const int64_t top = row * layer.stride_height - layer.pad_top;
  const int64_t left = column * layer.stride_width - layer.pad_left;
  const bool inside = left >= 0 && left + kColumns <= layer.width;
  const int8_t** next = strip.pointers;
  for (int i = 0; i < rows; ++i, next += kColumns) {
    if (inside && top + i >= 0 && top + i < layer.height) {
      const int8_t* first = strip.x + ((top + i) * layer.width + left) * layer.x_pitch;
      for (int j = 0; j < kColumns; ++j) next[j] = first + j * layer.x_pitch;
    } else {
      for (int j = 0; j < kColumns; ++j) next[j] = input_at(layer, strip, top + i, left + j);
    }
  }
}

// A strip's part of the channels: of the blocks, and of the one that overlaps them.
template <class F>
struct Parts {
  F functions[2];
  Channels channels[2];
  int count;
};

template <class W>
auto parts_of(const Layer& layer, const Strip& strip) {
  const Cut all = cut(layer.channels);
  const bool last = strip.channel_end == layer.channels;
  const int64_t first = strip.channel_begin / all.width;
  const int64_t end = last ? all.blocks : strip.channel_end / all.width;
  const auto whole = functions<W>(layer, all.width), tail = functions<W>(layer, all.tail);
  Parts<decltype(functions<W>(layer, 0))> parts = {{whole, tail}, {}, 1};
  const int64_t bytes = parts.functions[0].block_bytes;
  parts.channels[0] = {strip.parameters + first * bytes, first * all.width, end - first};
  if (!last || all.tail == 0) return parts;
  parts.channels[1] = {strip.parameters + all.blocks * bytes, layer.channels - all.tail, 1};
  parts.count = 2;
  return parts;
}

// Rows of outputs from `row` on, one or most.
struct Band {
  int64_t row;
  int rows;
};

template <class W>
void run_at_border(const Layer& layer, const Strip& strip, const Parts<Functions>& parts,
                   const Band& band, int64_t column) {
  point_at_inputs<W::kInputColumns>(layer, strip, (band.rows - 1) * W::kStride + W::kKernel,
                                    band.row, column);
  const Target target = {output_at(layer, strip, band.row, column), layer.y_pitch,
                         layer.out_width * layer.y_pitch, 1};
  for (int i = 0; i < parts.count; ++i)
    parts.functions[i].at_borders[band.rows > 1](layer.requantization, parts.channels[i],
                                                 {strip.pointers}, target);
}

template <class W>
void run_inside(const Layer& layer, const Strip& strip, const Parts<Functions>& parts,
                const Band& band, int64_t column, int64_t tiles) {
  const int64_t top = band.row * layer.stride_height - layer.pad_top;
  const int64_t left = column * W::kStride - layer.pad_left;
  Rows rows;
  rows.pixel = layer.x_pitch;
  for (int i = 0; i < (band.rows - 1) * W::kStride + W::kKernel; ++i) {
    const bool exists = top + i >= 0 && top + i < layer.height;
    rows.first[i] =
        exists ? strip.x + ((top + i) * layer.width + left) * layer.x_pitch : strip.padding;
    rows.step[i] = exists ? W::kColumns * W::kStride * layer.x_pitch : 0;
  }
  const Target target = {output_at(layer, strip, band.row, column), layer.y_pitch,
                         layer.out_width * layer.y_pitch, tiles};
  for (int i = 0; i < parts.count; ++i)
    parts.functions[i].inside[band.rows > 1](layer.requantization, parts.channels[i], rows, target);
}

// A row of tiles; the last one overlaps the one before where the width is no multiple.
template <class W>
void run_band(const Layer& layer, const Strip& strip, const Parts<Functions>& parts,
              const Band& band) {
  constexpr int64_t kTile = W::kColumns * W::kStride;
  const int64_t room = layer.width + layer.pad_left - W::kInputColumns;
  const int64_t whole = layer.out_width / W::kColumns;
  const int64_t first = (layer.pad_left + kTile - 1) / kTile;
  const int64_t fitting = room < 0 ? 0 : room / kTile + 1, end = fitting < whole ? fitting : whole;
  for (int64_t tile = 0; tile < whole; ++tile) {
    if (tile == first && first < end) {
      run_inside<W>(layer, strip, parts, band, first * W::kColumns, end - first);
      tile = end - 1;
      continue;
    }
    run_at_border<W>(layer, strip, parts, band, tile * W::kColumns);
  }
  if (whole * W::kColumns < layer.out_width)
    run_at_border<W>(layer, strip, parts, band, layer.out_width - W::kColumns);
}

template <class W>
void run_bands(const Layer& layer, const Strip& strip) {
  const auto parts = parts_of<W>(layer, strip);
  int64_t row = strip.row_begin;
  const bool even = layer.stride_height == W::kStride;  // of rows as of columns
  for (; even && row + W::kMostRows <= strip.row_end; row += W::kMostRows)
    run_band<W>(layer, strip, parts, {row, W::kMostRows});
  for (; row < strip.row_end; ++row) run_band<W>(layer, strip, parts, {row, 1});
}

template <class W>
int64_t blocks_bytes(const Layer& layer) {
  const Cut channels = cut(layer.channels);
  return channels.blocks * functions<W>(layer, channels.width).block_bytes +
         (channels.tail == 0 ? 0 : functions<W>(layer, channels.tail).block_bytes);
}

template <class W>
void arrange_blocks(const Layer& layer, const Parameters& from, std::byte* arranged) {
  const Cut channels = cut(layer.channels);
  const auto whole = functions<W>(layer, channels.width);
  for (int64_t block = 0; block < channels.blocks; ++block, arranged += whole.block_bytes)
    whole.fill(layer, from, block * channels.width, arranged);
  if (channels.tail != 0)
    functions<W>(layer, channels.tail).fill(layer, from, layer.channels - channels.tail, arranged);
}

// The generic kernel's parameters: bias, scale and weights [tap][channel].
struct GenericParameters {
  GenericParameters(const Layer& layer, const std::byte* arranged)
      : bias(reinterpret_cast<const int32_t*>(arranged)),
        scale(reinterpret_cast<const float*>(arranged + 4 * layer.channels)),
        w(reinterpret_cast<const int8_t*>(arranged + 8 * layer.channels)) {}
  const int32_t* bias;
  const float* scale;
  const int8_t* w;
};

int64_t generic_bytes(const Layer& layer) { return (8 + layer.taps()) * layer.channels; }

void arrange_generic(const Layer& layer, const Parameters& from, std::byte* arranged) {
  int32_t* bias = reinterpret_cast<int32_t*>(arranged);
  float* scale = reinterpret_cast<float*>(arranged + 4 * layer.channels);
  int8_t* w = reinterpret_cast<int8_t*>(arranged + 8 * layer.channels);
  for (int64_t c = 0; c < layer.channels; ++c) {
    bias[c] = from.bias[c];
    scale[c] = from.scale[c];
    for (int64_t tap = 0; tap < layer.taps(); ++tap)
      w[tap * layer.channels + c] = from.w[tap * from.tap_stride + c * from.channel_stride];
  }
}

void point_at_taps(const Layer& layer, const Strip& strip, int64_t row, int64_t column) {
  const int64_t left = column * layer.stride_width - layer.pad_left;
  const int64_t end = left + layer.kernel_width * layer.dilation_width;
  int64_t y = row * layer.stride_height - layer.pad_top;
  const int8_t** next = strip.pointers;
  for (int64_t ky = 0; ky < layer.kernel_height; ++ky, y += layer.dilation_height)
    for (int64_t x = left; x < end; x += layer.dilation_width)
      *next++ = input_at(layer, strip, y, x);
}

// Any window, channels in blocks.
template <class W>
void run_by_taps(const Layer& layer, const Strip& strip) {
  const auto parts = parts_of<W>(layer, strip);
  for (int64_t tap = layer.taps(); tap < quads_of(layer) * 4; ++tap)
    strip.pointers[tap] = strip.padding;
  for (int64_t row = strip.row_begin; row < strip.row_end; ++row)
    for (int64_t column = 0; column < layer.out_width; ++column) {
      point_at_taps(layer, strip, row, column);
      for (int i = 0; i < parts.count; ++i)
        parts.functions[i].run(layer, parts.channels[i], strip.pointers,
                               output_at(layer, strip, row, column));
    }
}

// Any window; `count` channels from c on, kChunk at most, of one output.
LITE_INLINE void run_generic_chunk(const Layer& layer, const Strip& strip, int8_t* y,
                                   const int8_t* residual, int64_t c, int count) {
  const GenericParameters parameters(layer, strip.parameters);
  uint32_t sums[kChunk];
  for (int i = 0; i < count; ++i) sums[i] = static_cast<uint32_t>(parameters.bias[c + i]);
  for (int64_t tap = 0; tap < layer.taps(); ++tap) {
    const int8_t* x = strip.pointers[tap] + c;
    const int8_t* w = parameters.w + tap * layer.channels + c;
    for (int i = 0; i < count; ++i) sums[i] += static_cast<uint32_t>(x[i] * w[i]);
  }
  const Requantization& by = layer.requantization;
  const Placement to = {by.y_zero, by.lo, by.hi};
  const float* scale = parameters.scale + c;
  for (int i = 0; i < count; ++i) {
    const int32_t sum = static_cast<int32_t>(sums[i]);
    y[c + i] = static_cast<int8_t>(
        residual == nullptr
            ? placed(by.twice ? rounded_before(scaled(sum, scale[i]), scale[i])
                              : scaled(sum, scale[i]),
                     to)
            : requantize(sum, scale[i], residual[c + i] - by.residual_zero, by.residual_scale, to));
  }
}

void run_generic(const Layer& layer, const Strip& strip) {
  for (int64_t row = strip.row_begin; row < strip.row_end; ++row)
    for (int64_t column = 0; column < layer.out_width; ++column) {
      point_at_taps(layer, strip, row, column);
      int8_t* y = output_at(layer, strip, row, column);
      const int8_t* residual = strip.residual;
      if (residual != nullptr) residual += (row * layer.out_width + column) * layer.residual_pitch;
      int64_t c = strip.channel_begin;
      for (; c + kChunk <= strip.channel_end; c += kChunk)
        run_generic_chunk(layer, strip, y, residual, c, kChunk);
      if (c < strip.channel_end)
        run_generic_chunk(layer, strip, y, residual, c, static_cast<int>(strip.channel_end - c));
    }
}

struct Variant {
  int64_t pointers;
  int64_t (*arranged_bytes)(const Layer& layer);
  void (*arrange)(const Layer& layer, const Parameters& parameters, std::byte* arranged);
  void (*run)(const Layer& layer, const Strip& strip);
};

template <class W>
Variant tiles() {
  return {((W::kMostRows - 1) * W::kStride + W::kKernel) * W::kInputColumns, blocks_bytes<W>,
          arrange_blocks<W>, run_bands<W>};
}

template <int kTheWidest>
Variant choose(const Layer& layer) {
  if constexpr (kTheWidest > 0) {
    const bool blocks = !layer.residual && layer.channels >= kNarrowest &&
                        (kQuadsOfSmallSums ? layer.sums == Sums::small : layer.small_scales);
    const bool plain = layer.dilation_height == 1 && layer.dilation_width == 1 &&
                       layer.kernel_height == layer.kernel_width;
    const bool twice = layer.requantization.twice;  // by windows of 5 x 5 it is not worth its size
    const int64_t kernel = layer.kernel_height, stride = layer.stride_width;
    const int64_t columns = kernel == 3 ? Window<3, 1>::kColumns : Window<5, 1>::kColumns;
    if (blocks && plain && (!twice || kernel == 3) && layer.out_width >= columns) {
      if (kernel == 3 && stride == 1) return tiles<Window<3, 1>>();
      if (kernel == 3 && stride == 2) return tiles<Window<3, 2>>();
      if (kernel == 5 && stride == 1) return tiles<Window<5, 1>>();
      if (kernel == 5 && stride == 2) return tiles<Window<5, 2>>();
    }
    if (blocks)
      return {quads_of(layer) * 4, blocks_bytes<AnyWindow>, arrange_blocks<AnyWindow>,
              run_by_taps<AnyWindow>};
  }
  return {layer.taps(), generic_bytes, arrange_generic, run_generic};
}

int64_t pointers_needed(const Layer& layer) { return choose<kWidest>(layer).pointers; }

int64_t arranged_bytes(const Layer& layer) { return choose<kWidest>(layer).arranged_bytes(layer); }

void arrange(const Layer& layer, const Parameters& parameters, std::byte* arranged) {
  choose<kWidest>(layer).arrange(layer, parameters, arranged);
}

void run(const Layer& layer, const Strip& strip) { choose<kWidest>(layer).run(layer, strip); }

bool narrow(const Layer& layer) {
  return kNarrowQuads && layer.narrow_weights && !layer.requantization.twice &&
         choose<kWidest>(layer).run != run_generic;
}

}  // namespace

extern const Kernels LITE_KERNELS;
const Kernels LITE_KERNELS = {pointers_needed, arranged_bytes,   arrange, run,
                              narrow,          kQuadsOfSmallSums};

}  // namespace lite::qdepthwise
