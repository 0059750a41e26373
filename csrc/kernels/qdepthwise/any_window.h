// SPDX-License-Identifier: Apache-2.0
// Windows of any size and dilation: their taps are added by fours, one output after another.
#pragma once

#include "base/requant.h"
#include "kernels/qdepthwise/blocks.h"

namespace lite::qdepthwise {
namespace {

int64_t quads_of(const Layer& layer) { return (layer.taps() + 3) / 4; }

// Weights are [quad][part][tap and channel as the quads place them]; those of no tap are 0.
template <class Q>
int64_t taps_bytes(const Layer& layer) {
  return BlockSums<Q>::kBytes +
         quads_of(layer) * 16 * Q::kPartChannels * static_cast<int64_t>(sizeof(typename Q::Weight));
}

template <class Q>
void fill_taps(const Layer& layer, const Parameters& from, int64_t c, std::byte* arranged) {
  auto* weights = reinterpret_cast<typename Q::Weight*>(arranged + BlockSums<Q>::kBytes);
  for (int i = 0; i < Q::kBlock; ++i) {
    const int part = i / Q::kPartChannels, lane = i % Q::kPartChannels;
    const int64_t channel = c + Q::channel(part, lane);
    fill_sum<Q>(from, layer.taps(), channel, i, arranged);
    for (int64_t tap = 0; tap < quads_of(layer) * 4; ++tap)
      weights[(tap / 4 * 4 + part) * 4 * Q::kPartChannels + Q::place(tap % 4, lane)] =
          tap < layer.taps() ? from.w[channel * from.channel_stride + tap * from.tap_stride] : 0;
  }
}

using RunTaps = void (*)(const Layer& layer, const Channels& channels, const int8_t* const* taps,
                         int8_t* y);

// One output. There are pointers to the inputs of whole quads of taps.
template <class Q>
__attribute__((noinline)) void run_taps(const Layer& layer, const Channels& channels,
                                        const int8_t* const* taps, int8_t* y) {
  const Requantization& to = layer.requantization;
  const typename Q::Bounds bounds(Placement{to.y_zero, to.lo, to.hi});
  const int64_t quads = quads_of(layer), bytes = taps_bytes<Q>(layer);
  const std::byte* arranged = channels.arranged;
  int64_t c = channels.first;
  for (int64_t block = 0; block < channels.blocks; ++block, c += Q::kBlock, arranged += bytes) {
    const auto* weights =
        reinterpret_cast<const typename Q::Weight*>(arranged + BlockSums<Q>::kBytes);
    typename Q::s32 sums[4];
    typename Q::f32 scales[4];
    LITE_UNROLL
    for (int part = 0; part < 4; ++part) sums[part] = BlockSums<Q>::bias(arranged, part);
    for (int64_t quad = 0; quad < quads; ++quad, weights += 16 * Q::kPartChannels) {
      const int8_t* pixels[4];
      typename Q::Part x[4];
      LITE_UNROLL
      for (int i = 0; i < 4; ++i) pixels[i] = taps[quad * 4 + i] + c;
      Q::zip(pixels, x);
      LITE_UNROLL
      for (int part = 0; part < 4; ++part)
        sums[part] =
            Q::dot(sums[part], x[part], Q::weights(weights + part * 4 * Q::kPartChannels), 0, 4);
    }
    LITE_UNROLL
    for (int part = 0; part < 4; ++part) scales[part] = BlockSums<Q>::scale(arranged, part);
    Q::store(y + c, sums, scales, bounds);
  }
}

}  // namespace
}  // namespace lite::qdepthwise
