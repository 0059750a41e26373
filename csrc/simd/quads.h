// SPDX-License-Identifier: Apache-2.0
// Quads: bytes of four neighbouring pixels, brought side by side for each channel, so that one step
// multiplies and adds four of them. A struct Quads<kBlock> is for blocks of kBlock channels:
//   kBlock, kPartChannels   a block falls into 4 parts, of so many channels, one vector of sums
//   each kOffset                 what zip adds to each byte, besides its zip; takers fold it into
//   the bias kAdded                  what store takes off the sums again; takers add it to the bias
//   s32                     vector of kPartChannels sums
//   Part                    four bytes of each channel of a part
//   Weight                  integers that hold weights; a part of them has 4 * kPartChannels
//   Bounds                  how outputs are placed, in vectors
//   zip(pixels, parts)      the channels of a block, of the pixels at four places
//   weights(p)              a part of weights
//   dot(sum, x, w, first, end)   adds the products of taps [first, end); weights of others are 0
//   place(tap, channel)     where a weight lies in its part of weights
//   channel(part, i)        the channel, in its block, of a part's i-th sum
//   store(y, sums, scales, bounds)   requantizes a block; |scale| <= 0.5, so that rounded steps
//                                    are in s32 and bounds may follow the rounding; where
//                                    kQuadsOfSmallSums, sums are small, of kernels/requantization.h
// kGreatestBlock is the widest there is, 0 if there is none; half of it down to 16 are there too.
// kQuadsInOneStep: there are dot products of bytes; without them a Part takes more registers.
// kNarrowQuads: there are NarrowQuads, too. They have the same members, and are faster; weights are
// kGreatestNarrowWeight in magnitude at most.
// kTwiceQuads: there are TwiceQuads, too: Quads whose store rounds twice, see base/requant.h.
#pragma once

#include <cstdint>

#include "base/requant.h"
#include "simd/inline.h"

namespace lite {
namespace {

template <int kBlock>
struct Quads;
template <int kBlock>
struct NarrowQuads;
template <int kBlock>
struct TwiceQuads;

}  // namespace
}  // namespace lite

#if defined(__AVX2__)
#include "simd/quads_x86.h"
#elif defined(__ARM_NEON)
#include "simd/quads_neon.h"
#else
namespace lite {
namespace {
constexpr int kGreatestBlock = 0;
constexpr bool kQuadsInOneStep = false, kNarrowQuads = false, kQuadsOfSmallSums = false;
constexpr bool kTwiceQuads = false;
}  // namespace
}  // namespace lite
#endif
