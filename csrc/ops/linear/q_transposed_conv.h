// SPDX-License-Identifier: Apache-2.0
// Transposed convolution of bytes.
#pragma once

#include <vector>

#include "ops/linear/arguments.h"
#include "ops/linear/quad_weights.h"
#include "ops/linear/requantization.h"
#include "ops/linear/transposed_phases.h"

namespace lite::linear {

class QTransposedConv {
 public:
  // Operands have been checked.
  [[nodiscard]] Status prepare(PrepareContext& context, const Window& window,
                               const Requantization& requantization);
  void run(const RunContext& context);
  [[nodiscard]] const char* kernel() const;

 private:
  struct Part {  // of the weights, those of a phase
    Columns columns;
    QuadWeights weights;
    size_t offset = 0;               // in scratch
    const int8_t* packed = nullptr;  // of this run
    std::vector<int32_t> bias;       // folded: [groups][columns]
  };
  void fold(const Tensor& weights, const Tensor& bias, const Tensor& scale);
  void fold_bias(const int8_t* weights, const int32_t* bias, Part& part) const;
  void run_line(const RunContext& context, int64_t line, int64_t image, int64_t group,
                std::byte* scratch) const;

  const qgemm::Kernels* kernels_ = nullptr;
  Window window_;
  Requantization requantization_;
  Image in_, out_;
  int64_t images_ = 0;
  TransposedPhases phases_;
  std::vector<Part> parts_;
  std::vector<float> scale_;  // of all pixels that a row of a GEMM makes
  bool folded_ = false;       // of constants: once is enough
  // Scratch: weights, padding, then a part per thread.
  size_t weights_bytes_ = 0, padding_bytes_ = 0, thread_bytes_ = 0;
  size_t table_bytes_ = 0;  // of a thread's part, what comes before the kernels' scratch
};

}  // namespace lite::linear
