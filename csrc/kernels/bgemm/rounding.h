// SPDX-License-Identifier: Apache-2.0
// What both forms of the family share: rounding and packing.
#pragma once

#include "kernels/bgemm/bgemm.h"

namespace lite::bgemm {
namespace {

constexpr int kWidth = Simd::kWidth;
static_assert(kWidth == kPanel, "a vector is a row of a panel");
constexpr int kPairs = 2 * kWidth;  // bf16 in a vector

// The pair of floats that a vector of bf16 is rounded from: `low` becomes its first half.
LITE_INLINE __m512i rounded(Simd::f32 low, Simd::f32 high) {
  return reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(high, low));
}

LITE_INLINE int lanes(int64_t rest) {
  return rest >= kWidth ? kWidth : rest > 0 ? static_cast<int>(rest) : 0;
}

// Short rows, several to a vector: k of each `filled` lanes come from a row.
void round_short(const float* from, int64_t rows, int64_t k, Bf16* to, int64_t filled) {
  alignas(64) int32_t lane[kWidth];
  uint32_t given = 0;
  for (int i = 0; i < kWidth; ++i) {
    lane[i] = static_cast<int32_t>(i / filled * k + i % filled);
    given |= (i % filled < k ? 1u : 0u) << i;
  }
  const Simd::s32 lanes_of = Simd::load(lane);
  const int64_t together = kWidth / filled;
  for (int64_t row = 0; row < rows; row += together) {
    const int64_t count = rows - row < together ? rows - row : together;
    const Simd::f32 x = Simd::load_partial(from + row * k, static_cast<int>(count * k));
    const Simd::f32 spread =
        _mm512_maskz_permutexvar_ps(static_cast<__mmask16>(given), lanes_of, x);
    _mm256_mask_storeu_epi16(to + row * filled, static_cast<__mmask16>((1u << count * filled) - 1),
                             reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(spread)));
  }
}

void round(const float* from, int64_t from_stride, int64_t rows, int64_t k, Bf16* to,
           int64_t to_stride, int64_t filled) {
  if (from_stride == k && to_stride == filled && filled <= kWidth && k < filled)
    return round_short(from, rows, k, to, filled);
  if (from_stride == k && to_stride == k && filled == k) {  // one long row
    k *= rows;
    filled = k;
    rows = rows > 0 ? 1 : 0;
  }
  for (int64_t row = 0; row < rows; ++row, from += from_stride, to += to_stride) {
    int64_t i = 0;
    for (; i + kPairs <= k; i += kPairs)
      _mm512_storeu_si512(to + i, rounded(Simd::load(from + i), Simd::load(from + i + kWidth)));
    for (; i < filled; i += kPairs) {
      const int64_t rest = filled - i;
      const Simd::f32 low = Simd::load_partial(from + i, lanes(k - i));
      const Simd::f32 high = Simd::load_partial(from + i + kWidth, lanes(k - i - kWidth));
      const __mmask32 existing = rest < kPairs ? (1u << rest) - 1 : ~0u;
      _mm512_mask_storeu_epi16(to + i, existing, rounded(low, high));
    }
  }
}

void pack_panel(const float* b, int64_t k, Bf16* panel) {
  alignas(64) static constexpr uint16_t kZip[kPairs] = {0,  16, 1,  17, 2,  18, 3,  19, 4,  20, 5,
                                                        21, 6,  22, 7,  23, 8,  24, 9,  25, 10, 26,
                                                        11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
  const __m512i zip = _mm512_load_si512(kZip);
  for (int64_t i = 0; i < k; i += 2, b += 2 * kPanel, panel += 2 * kPanel)
    _mm512_storeu_si512(
        panel, _mm512_permutexvar_epi16(zip, rounded(Simd::load(b), Simd::load(b + kPanel))));
}

}  // namespace
}  // namespace lite::bgemm
