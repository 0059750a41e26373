// SPDX-License-Identifier: Apache-2.0
// What blocks of channels of all windows begin with: bias and scale of each channel, in the order
// of the parts. Weights follow.
#pragma once

#include "kernels/qdepthwise/qdepthwise.h"
#include "simd/quads.h"

namespace lite::qdepthwise {
namespace {

template <class Q>
struct BlockSums {
  static constexpr int64_t kScale = 4 * Q::kBlock;
  static constexpr int64_t kBytes = 8 * Q::kBlock;

  static LITE_INLINE auto bias(const std::byte* arranged, int part) {
    return Q::load(reinterpret_cast<const int32_t*>(arranged) + part * Q::kPartChannels);
  }
  static LITE_INLINE auto scale(const std::byte* arranged, int part) {
    return Q::load(reinterpret_cast<const float*>(arranged + kScale) + part * Q::kPartChannels);
  }
};

// Arranges the i-th channel of a block.
template <class Q>
void fill_sum(const Parameters& from, int64_t taps, int64_t channel, int i, std::byte* arranged) {
  const int8_t* w = from.w + channel * from.channel_stride;
  uint32_t sum = 0;
  for (int64_t tap = 0; tap < taps; ++tap) sum += static_cast<uint32_t>(w[tap * from.tap_stride]);
  const uint32_t bias = static_cast<uint32_t>(from.bias[channel]) - Q::kOffset * sum + Q::kAdded;
  reinterpret_cast<int32_t*>(arranged)[i] = static_cast<int32_t>(bias);
  reinterpret_cast<float*>(arranged + BlockSums<Q>::kScale)[i] = from.scale[channel];
}

// Channels that are worked on: so many blocks, and where their parameters lie.
struct Channels {
  const std::byte* arranged;
  int64_t first, blocks;
};

}  // namespace
}  // namespace lite::qdepthwise
