// SPDX-License-Identifier: Apache-2.0
// Convolution of 1 x 1 by weights of which most are zeros.
#pragma once

#include "kernels/sparse/sparse.h"
#include "ops/linear/arguments.h"
#include "ops/linear/tasks.h"

namespace lite::linear {

class SparseConv {
 public:
  static constexpr char kName[] = "sparse";

  // Whether the kernel was asked for, or takes less time than `dense_speed` times the dense one in
  // floats would.
  [[nodiscard]] static bool choose(const PrepareContext& context, double dense_speed);
  // Whether weights may become dense ones: few enough of them, for what the file holds.
  [[nodiscard]] static bool may_be_dense(const Tensor& weights);
  // Shapes have been checked, and so has the packing.
  void prepare(PrepareContext& context, const Activation& activation);
  void run(const RunContext& context) const;

 private:
  [[nodiscard]] Range part(int64_t task, int64_t parts, int64_t units) const {
    return {units * task / parts, units * (task + 1) / parts};
  }
  void run_task(const RunContext& context, int64_t index, float* scratch) const;

  const sparse::Kernels* kernels_ = nullptr;
  sparse::Block common_;  // all that does not change from run to run
  int64_t row_tasks_ = 0, column_tasks_ = 0;
  size_t thread_bytes_ = 0;
};

}  // namespace lite::linear
