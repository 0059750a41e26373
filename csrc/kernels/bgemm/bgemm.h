// SPDX-License-Identifier: Apache-2.0
// Family bgemm: C = activation(A * B + bias + residual), where A and B are floats rounded to bf16
// and the sums are floats. B is packed in panels of 16 columns, pairs of the depth side by side; A
// lies in rows of bf16 that a table points to. A convolution is a GEMM whose rows are pixels and
// whose depth is cut into taps, each of which lies at the same distance from every row.
//
// Floats are rounded to nearest, ties to even; those that bf16 has no finite number for become
// infinite, a NaN stays one, and denormals count as zeros, as do denormal sums.
#pragma once

#include <cstdint>

#include "kernels/activation.h"

namespace lite {
enum class Isa : int;
}

namespace lite::bgemm {

inline constexpr int kPanel = 16;

using Bf16 = uint16_t;  // the upper half of a float's bits

struct Block {
  int64_t m = 0, n = 0;              // rows and columns of C in this block
  int64_t taps = 1, k = 0;           // A is m by taps * k; k is one of Kernels::depth
  const int64_t* offsets = nullptr;  // where each tap begins, in elements from where its row does
  // Rows that follow one another at a distance of row_step elements are read together, 16 at a
  // time, whether all of them exist or not: memory behind the last must bear it.
  const Bf16* const* rows = nullptr;
  int64_t row_step = 0;
  const Bf16* b = nullptr;          // first panel of the block: [taps][k / 2][16][2]
  int64_t panel_stride = 0;         // elements from panel to panel
  const float* bias = nullptr;      // n floats, or null
  const float* residual = nullptr;  // as C, or null
  int64_t residual_stride = 0;
  float* c = nullptr;
  int64_t c_stride = 0;
  Activation activation;
};

struct Kernels {
  // Each element of C is summed in the order of the depth, whatever the block's size: blocks may be
  // cut anywhere (columns at multiples of 16) without changing a bit.
  void (*multiply)(const Block& block);
  // Rounds `rows` rows of k floats and fills each with zeros up to `filled` elements.
  void (*round)(const float* from, int64_t from_stride, int64_t rows, int64_t k, Bf16* to,
                int64_t to_stride, int64_t filled);
  // A panel [k / 2][16][2] of one of floats [k][16].
  void (*pack_panel)(const float* b, int64_t k, Bf16* panel);
  int64_t whole;  // depths are multiples of it, or even and smaller
  double speed;   // products in the time of one of floats

  [[nodiscard]] constexpr int64_t depth(int64_t k) const {
    const int64_t step = k < whole ? 2 : whole;
    return (k + step - 1) / step * step;
  }
};

// Null where the processor has no such products.
const Kernels* kernels(Isa isa);

}  // namespace lite::bgemm
