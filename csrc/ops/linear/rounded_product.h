// SPDX-License-Identifier: Apache-2.0
// Convolutions and products of matrices by constants, with factors rounded to bf16. The weights are
// rounded once; they are memory that stays, half of the floats' and what fills them up.
#pragma once

#include "base/arena.h"
#include "kernels/bgemm/bgemm.h"
#include "ops/linear/arguments.h"
#include "ops/linear/rounded_image.h"
#include "ops/linear/tasks.h"
#include "ops/linear/weights.h"

namespace lite::linear {

class RoundedProduct {
 public:
  // The kernels if the session wants them, the processor has them and the weights, input 1, are
  // constant floats; else null.
  [[nodiscard]] static const bgemm::Kernels* choose(const PrepareContext& context);
  // The same for a convolution, which must not have groups.
  [[nodiscard]] static const bgemm::Kernels* choose(const PrepareContext& context,
                                                    const Window& window);

  // Inputs are x, weights and, optionally, bias and residual. Shapes have been checked.
  [[nodiscard]] Status prepare_conv(PrepareContext& context, const bgemm::Kernels& kernels,
                                    const Window& window, const Activation& activation);
  // Of a matrix with m rows by the columns of the weights; inputs as above, if it is `added_to`.
  [[nodiscard]] Status prepare_matrix(PrepareContext& context, const bgemm::Kernels& kernels,
                                      int64_t m, Columns columns, const Activation& activation,
                                      bool added_to);
  void run(const RunContext& context) const;
  [[nodiscard]] const char* kernel() const;

 private:
  // What tasks of a run share.
  struct Operands {
    const float *x, *bias, *residual;
    float* y;
  };
  [[nodiscard]] Status prepare(PrepareContext& context, const Window& window, Columns columns,
                               const Activation& activation);
  [[nodiscard]] Status round_weights(const Tensor& weights, Columns columns);
  void run_image(const RunContext& context, const Operands& operands) const;
  void run_task(const Operands& operands, int64_t task, const bgemm::Bf16* image,
                std::byte* scratch) const;

  const bgemm::Kernels* kernels_ = nullptr;
  const gemm::Kernels* packing_ = nullptr;
  Activation activation_;
  bool added_to_ = true;
  Image in_, out_;
  int64_t images_ = 0, residual_pitch_ = 0;
  RoundedImage image_;
  RoundedTasks tasks_;
  bool by_task_ = false;  // each task rounds its own part of the image
  Memory weights_;
  int64_t panel_ = 0;  // elements of one
  // Scratch: the rounded image unless by task, then a part per thread.
  size_t image_bytes_ = 0, table_bytes_ = 0, thread_bytes_ = 0;
};

}  // namespace lite::linear
