// SPDX-License-Identifier: Apache-2.0
// Transposed convolution of floats.
#pragma once

#include <vector>

#include "ops/linear/arguments.h"
#include "ops/linear/transposed_phases.h"
#include "ops/linear/weights.h"

namespace lite::linear {

class TransposedConv {
 public:
  // Shapes have been checked.
  [[nodiscard]] Status prepare(PrepareContext& context, const Window& window,
                               const Activation& activation);
  void run(const RunContext& context);

 private:
  struct Part {  // of the weights, those of a phase
    PackedWeights weights;
    size_t offset = 0;                  // in scratch
    const std::byte* packed = nullptr;  // of this run
  };
  const float* repeated_bias(const RunContext& context) const;
  void run_line(const RunContext& context, const float* bias, int64_t line, int64_t image,
                int64_t group, std::byte* scratch) const;

  const gemm::Kernels* kernels_ = nullptr;
  Window window_;
  Activation activation_;
  Image in_, out_;
  int64_t images_ = 0;
  TransposedPhases phases_;
  std::vector<Part> parts_;
  // Scratch: weights, zeros, bias of all pixels, then a part per thread.
  size_t weights_bytes_ = 0, zeros_bytes_ = 0, bias_bytes_ = 0, table_bytes_ = 0, thread_bytes_ = 0;
};

}  // namespace lite::linear
