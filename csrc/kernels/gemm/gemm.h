// SPDX-License-Identifier: Apache-2.0
// Family gemm: C = activation(A * B + bias + residual) in floats. B is packed in panels of 16
// columns (Packing::p16); A is never packed: a stride or a table says where each row lies. A
// convolution is a GEMM whose rows are pixels and whose depth is cut into taps, each with rows of
// its own.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/activation.h"

namespace lite {
enum class Isa : int;
}

namespace lite::gemm {

inline constexpr int kPanel = 16;

// Bytes to bring into the caches.
struct Fetch {
  const std::byte* data = nullptr;
  int64_t bytes = 0;
};

// Of floats, or of halves (family hgemm).
template <class T>
struct BlockOf {
  int64_t m = 0, n = 0;            // rows and columns of C in this block
  int64_t taps = 1, k = 0;         // A is m by taps * k
  const T* const* rows = nullptr;  // rows[tap * row_stride + i]: the k elements of row i
  int64_t row_stride = 0;          // >= m
  // Where rows is null: row i of a tap is at a + tap * tap_stride + i * a_stride.
  const T* a = nullptr;
  int64_t a_stride = 0, tap_stride = 0;
  // A row of it counts as k zeros; a tap that is all zeros is left out.
  const T* zeros = nullptr;
  const T* b = nullptr;      // first panel of the block: [taps][k][16]
  int64_t panel_stride = 0;  // elements from panel to panel
  // Of what is read next, if anything lies behind the block: fetched ahead.
  const T* b_end = nullptr;
  const Fetch* later = nullptr;  // what a step behind this one reads: fetched where tiles can
  int64_t later_count = 0;
  const float* bias = nullptr;  // n floats, or null
  const T* residual = nullptr;  // as C, or null
  int64_t residual_stride = 0;
  T* c = nullptr;
  int64_t c_stride = 0;
  T* packed = nullptr;  // of halves: where hgemm::Kernels::packed_elements may be written, or null
  Activation activation;
};
using Block = BlockOf<float>;

struct Kernels {
  // Each element of C is summed in the order of the depth, whatever the block's size: blocks may be
  // cut anywhere (columns at multiples of 16) without changing a bit.
  void (*multiply)(const Block& block);
  // The same with B as integers times a scale per column, in the place of block.b: for few rows.
  void (*multiply_s8)(const Block& block, const int8_t* b, const float* scales);
  void (*multiply_s16)(const Block& block, const int16_t* b, const float* scales);
  // Bytes that `multiply` can fetch for later, beside what it fetches for itself.
  int64_t (*room_to_fetch)(int64_t m, int64_t n, int64_t depth);
  // A panel of floats from one of integers: panel[i][j] = float(b[i][j]) * scales[j].
  void (*expand_s8)(const int8_t* b, int64_t k, const float* scales, float* panel);
  void (*expand_s16)(const int16_t* b, int64_t k, const float* scales, float* panel);
  // Panel of `count` columns of a matrix: element (k, j) is at b[k * k_stride + columns[j]]. The
  // panel's other columns are filled with zeros.
  void (*pack_panel)(const float* b, int64_t k, int64_t k_stride, const int64_t* columns, int count,
                     float* panel);
};

const Kernels& kernels(Isa isa);

}  // namespace lite::gemm
