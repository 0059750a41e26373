// SPDX-License-Identifier: Apache-2.0
// Packing::sparse: weights [n, k] of which most are zeros, in groups of 1, 2 or 4 output channels
// that store the same columns. The bytes, little-endian:
//   u32 n, k, rows, stored     rows: channels of a group; stored: columns that all groups store
//   u32 begins[groups + 1]     where a group's columns begin; groups = ceil(n / rows)
//   u16 columns[stored]        rising within a group
//   zeros, up to a multiple of 64 bytes
//   f32 values[stored][rows]   channels behind the last have zeros
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/span.h"
#include "base/status.h"

namespace lite {

struct SparseWeights {
  int64_t n = 0, k = 0;
  int64_t rows = 1, stored = 0;
  const uint32_t* begins = nullptr;
  const uint16_t* columns = nullptr;
  const float* values = nullptr;

  [[nodiscard]] int64_t groups() const { return (n + rows - 1) / rows; }
};

// Of bytes that were checked, 64-byte aligned.
[[nodiscard]] SparseWeights sparse_weights(const std::byte* bytes);

// Whether bytes, 64-byte aligned, are such weights, of n by k.
[[nodiscard]] Status check_sparse(Span<const std::byte> bytes, uint64_t n, uint64_t k);

}  // namespace lite
