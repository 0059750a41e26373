// SPDX-License-Identifier: Apache-2.0
// Convolution of bytes as a GEMM whose rows are output pixels.
#pragma once

#include <vector>

#include "ops/linear/arguments.h"
#include "ops/linear/even_rows.h"
#include "ops/linear/output_table.h"
#include "ops/linear/pixel_rows.h"
#include "ops/linear/quad_weights.h"
#include "ops/linear/requantization.h"
#include "ops/linear/tasks.h"

namespace lite::linear {

class QGemmConv {
 public:
  // Operands have been checked.
  void prepare(PrepareContext& context, const Window& window, const Requantization& requantization,
               const OutputTable& table);
  void run(const RunContext& context) const;
  [[nodiscard]] const char* kernel() const;
  [[nodiscard]] std::vector<const char*> alternatives() const;

 private:
  // What tasks of a run share.
  struct Operands {
    const int8_t* weights;
    const int32_t* bias;
    const int8_t* padding;
  };
  [[nodiscard]] Range pixels_of(int64_t task) const;
  [[nodiscard]] int64_t greatest_pixels() const;
  void run_task(const RunContext& context, const Operands& operands, int64_t index,
                std::byte* scratch) const;

  const qgemm::Kernels* kernels_ = nullptr;
  Window window_;
  Requantization requantization_;
  Image in_, out_;
  int64_t residual_pitch_ = 0;
  int64_t images_ = 0;
  PixelRows<int8_t> rows_;
  EvenRows even_rows_;  // used in place of rows_ if is_even_
  bool is_even_ = false;
  GemmTasks tasks_;
  QuadWeights weights_;
  FoldedBias bias_;
  Sums sums_ = Sums::any;
  OutputTable table_;
  // Scratch: weights, bias, padding, then a part per thread.
  size_t weights_bytes_ = 0, bias_bytes_ = 0, padding_bytes_ = 0, thread_bytes_ = 0;
  size_t table_bytes_ = 0;  // of a thread's part, what comes before the kernels' scratch
};

}  // namespace lite::linear
