// SPDX-License-Identifier: Apache-2.0
// Family hgemm: C = activation(A * B + bias + residual) in halves, whose sums are rounded to halves
// after each multiply-add. All else is as in family gemm: B is packed in panels of 16 columns. A is
// packed a few rows at a time where there is memory for it, and columns enough to be worth it.
#pragma once

#include "base/half.h"
#include "kernels/gemm/gemm.h"

namespace lite::hgemm {

using Block = gemm::BlockOf<Half>;

struct Kernels {
  // Each element of C is summed in the order of the depth, whatever the block's size: blocks may be
  // cut anywhere (columns at multiples of 16) without changing a bit.
  void (*multiply)(const Block& block);
  // Of Block::packed, for so many multiply-adds of an element of C.
  int64_t (*packed_elements)(int64_t depth);
};

// Null where the processor has no arithmetic on halves.
const Kernels* kernels(Isa isa);

}  // namespace lite::hgemm
