// SPDX-License-Identifier: Apache-2.0
// Family means: sums of quantized elements, and their means in the steps of an output. Sums of s8
// are made in 32 bits and wrap around, those of s16 in 64 bits.
#pragma once

#include <cstdint>

#include "base/isa.h"
#include "base/requant.h"
#include "kernels/pool/pool.h"
#include "kernels/reduce/reduce.h"

namespace lite::means {

// y = clamp(rint(float(sum - offset) * scale) + zero point, lo, hi)
struct Mean {
  float scale = 0.0f;
  int64_t offset = 0;  // as often the input's zero point as elements were added
  Placement to;
};

struct Kernels {
  reduce::Fold sum_s8, sum_s16;   // to s32 and s64
  reduce::Fold sum_s32, sum_s64;  // of such sums
  void (*place_s8)(const int32_t* sums, int8_t* y, int64_t count, const Mean& mean);
  void (*place_s16)(const int64_t* sums, int16_t* y, int64_t count, const Mean& mean);
  // The mean of each window; the row's own scale means nothing.
  void (*windows_s8)(const pool::Row& row, const Mean& mean);
  void (*windows_s16)(const pool::Row& row, const Mean& mean);
};

const Kernels& kernels(Isa isa);

}  // namespace lite::means
