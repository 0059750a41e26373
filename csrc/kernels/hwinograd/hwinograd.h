// SPDX-License-Identifier: Apache-2.0
// Family hwinograd: the transforms of family winograd in halves; those of weights are made in
// floats and rounded. Tiles of 6 x 6 outputs are left out: their error would be too large.
#pragma once

#include "base/half.h"
#include "kernels/winograd/winograd.h"

namespace lite::hwinograd {

struct Algorithm {
  void (*transform_inputs)(const winograd::TilesOf<Half>& tiles);   // x to points
  void (*transform_outputs)(const winograd::TilesOf<Half>& tiles);  // points to y
};

struct Kernels {
  int lanes;  // of a vector
  Algorithm tiles_of_2, tiles_of_4;
};

// Null where the processor has no arithmetic on halves.
const Kernels* kernels(Isa isa);

}  // namespace lite::hwinograd
