// SPDX-License-Identifier: Apache-2.0
// Family sparse: C = activation(A * B + bias + residual) in floats, where most of B is zeros. A few
// rows of A at a time are turned around, so that vectors hold neighbouring rows (pixels); each
// stored number of B is multiplied by them.
#pragma once

#include <cstdint>

#include "base/sparse.h"
#include "kernels/activation.h"

namespace lite {
enum class Isa : int;
}

namespace lite::sparse {

struct Block {
  int64_t m = 0;             // rows of A and C
  const float* a = nullptr;  // row i, weights.k floats, is at a + i * a_stride
  int64_t a_stride = 0;
  SparseWeights weights;
  int64_t group_begin = 0, group_end = 0;  // of the weights; begins at a multiple of 16 channels
  const float* bias = nullptr;             // of all channels, or null; so are the others
  const float* residual = nullptr;
  int64_t residual_stride = 0;
  float* c = nullptr;
  int64_t c_stride = 0;
  float* scratch = nullptr;  // scratch_floats(k), 64-byte aligned
  Activation activation;
};

struct Kernels {
  // An element of C does not depend on how rows and groups are cut into blocks.
  void (*multiply)(const Block& block);
  int64_t (*scratch_floats)(int64_t k);
  int64_t rows;  // that are multiplied at once
};

const Kernels& kernels(Isa isa);

}  // namespace lite::sparse
