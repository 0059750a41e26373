// SPDX-License-Identifier: Apache-2.0
// Tiles of the GEMM of bytes whose sums become outputs in registers: where steps are small, and for
// vectors that are narrow enough.
#pragma once

#include "kernels/qgemm/stripe.h"

namespace lite::qgemm {
namespace {

#if defined(__ARM_NEON)

constexpr bool kWantsSums = kWidth > 1;

// Prepares a stripe for what is known of its sums.
inline void expect_sums(const Block& block, Sums sums, int vectors, Stripe& stripe) {
  const Requantization& to = block.requantization;
  stripe.sums = sums;
  stripe.common = false;
  if (sums == Sums::any) return;
  stripe.small = SmallSums({to.y_zero, to.lo, to.hi}, sums == Sums::small);
  stripe.residuals = Residuals(to);
  stripe.common = sums == Sums::small && block.residual == nullptr && stripe.small.saturates();
  if (sums != Sums::small) return;
  for (int j = 0; j < vectors * kWidth; ++j)
    stripe.bias[j] =
        static_cast<int32_t>(static_cast<uint32_t>(stripe.bias[j]) + SmallSums::kAdded);
}

template <bool kResidual, bool kSaturates, int kRows, int kVectors>
LITE_INLINE void place_small(const Block& block, const Stripe& stripe, int64_t row,
                             const Simd::s32 (&sums)[kRows][kVectors]) {
  // Copies: outputs are bytes, and bytes might be any of this.
  const SmallSums small = stripe.small;
  const Residuals residuals = stripe.residuals;
  const int64_t c_stride = block.c_stride, residual_stride = block.residual_stride;
  Simd::f32 scales[kVectors];
  LITE_UNROLL
  for (int j = 0; j < kVectors; ++j) scales[j] = Simd::load(stripe.scale + j * kWidth);
  int8_t* c = block.c + stripe.column + row * c_stride;
  const int8_t* residual = nullptr;
  if (kResidual) residual = block.residual + stripe.column + row * residual_stride;
  LITE_UNROLL
  for (int i = 0; i < kRows; ++i, c += c_stride) {
    Simd::f32 steps[kVectors];
    LITE_UNROLL
    for (int j = 0; j < kVectors; ++j) {
      auto sum = sums[i][j];
      asm volatile("" : "+w"(sum));  // row by row: registers are few, and one unit narrows
      steps[j] = Simd::mul(small.as_floats(sum), scales[j]);
    }
    if (kResidual) {
      residuals.add(residual, steps);
      residual += residual_stride;
    }
    const int16x8_t low = small.rounded(steps[0], steps[kVectors > 1 ? 1 : 0]);
    int16x8_t high = low;
    if constexpr (kVectors == 4) high = small.rounded(steps[2], steps[3]);
    const int8x16_t bytes = kSaturates ? SmallSums::saturated(low, high) : small.bounded(low, high);
    if constexpr (kVectors == 4) {
      store_bytes(c, bytes);
    } else {
      __builtin_memcpy(c, &bytes, static_cast<size_t>(kVectors * kWidth));
    }
  }
}

// Turns sums into outputs, if the stripe's are not just any. The common case has no branches, where
// it is worth its size.
template <int kRows, int kVectors>
LITE_INLINE void finish_small(const Block& block, const Stripe& stripe, int64_t row,
                              Simd::s32 (&sums)[kRows][kVectors]) {
  constexpr bool kLarge = kVectors * kRows >= 16;
  if (kLarge && stripe.common) return place_small<false, kLarge>(block, stripe, row, sums);
  if (stripe.sums == Sums::small_steps) {
    LITE_UNROLL
    for (int i = 0; i < kRows; ++i) LITE_UNROLL
    for (int j = 0; j < kVectors; ++j) sums[i][j] = Simd::bits(Simd::to_f32(sums[i][j]));
  }
  if (block.residual == nullptr) return place_small<false, false>(block, stripe, row, sums);
  kLarge&& stripe.small.saturates() ? place_small<true, kLarge>(block, stripe, row, sums)
                                    : place_small<true, false>(block, stripe, row, sums);
}

#else

constexpr bool kWantsSums = false;
template <int kRows, int kVectors>
void finish_small(const Block&, const Stripe&, int64_t, Simd::s32 (&)[kRows][kVectors]) {}
inline void expect_sums(const Block&, Sums, int, Stripe&) {}

#endif

}  // namespace
}  // namespace lite::qgemm
