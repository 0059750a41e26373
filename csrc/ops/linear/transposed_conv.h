// SPDX-License-Identifier: Apache-2.0
// Transposed convolution without scattering: output pixels whose positions leave the same remainder
// by the strides (a phase) take the same taps, so each row of a phase is one GEMM that gathers its
// inputs.
#pragma once

#include <vector>

#include "ops/linear/arguments.h"
#include "ops/linear/weights.h"

namespace lite::linear {

class TransposedConv {
 public:
  // Shapes have been checked.
  [[nodiscard]] Status prepare(PrepareContext& context, const Window& window,
                               const Activation& activation);
  void run(const RunContext& context);

 private:
  // A tap of a phase: output position t * stride + phase reads input position t + shift.
  struct Tap {
    int64_t row_shift, column_shift, kernel_offset;
  };
  struct Phase {
    int64_t row, column;  // of its first output pixel
    std::vector<Tap> taps;
    PackedWeights weights;
    size_t weights_offset = 0;          // in scratch
    const std::byte* packed = nullptr;  // of this run
  };
  [[nodiscard]] bool windows_lie_side_by_side() const;
  [[nodiscard]] Columns columns_of(const Phase& phase, const Shape& weights) const;
  const float* repeated_bias(const RunContext& context) const;
  void add_phase(const PrepareContext& context, int64_t row, int64_t column);
  void run_row(const RunContext& context, const float* bias, const Phase& phase, int64_t row,
               int64_t part, std::byte* scratch) const;
  void point_at_inputs(const Phase& phase, int64_t row, const float* x, const float* zeros,
                       const float** table) const;
  [[nodiscard]] int64_t width_of(const Phase& phase) const;

  const gemm::Kernels* kernels_ = nullptr;
  Window window_;
  Activation activation_;
  Image in_, out_;
  int64_t images_ = 0;
  std::vector<Phase> phases_;  // by row, then by column
  int64_t phase_columns_ = 0;
  int64_t pixels_ = 1;  // of outputs, side by side, that a row of a GEMM makes
  // Scratch: weights, zeros, bias of all pixels_, then a part per thread.
  size_t weights_bytes_ = 0, zeros_bytes_ = 0, bias_bytes_ = 0, table_bytes_ = 0, thread_bytes_ = 0;
};

}  // namespace lite::linear
