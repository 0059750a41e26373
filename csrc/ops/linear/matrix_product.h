// SPDX-License-Identifier: Apache-2.0
// Batched product of matrices.
#pragma once

#include "ops/linear/arguments.h"
#include "ops/linear/half_weights.h"
#include "ops/linear/product_shape.h"
#include "ops/linear/rounded_product.h"
#include "ops/linear/tasks.h"
#include "ops/linear/weights.h"

namespace lite::linear {

// Of floats or, where the processor has arithmetic on them, of halves: then b is constant.
template <class T>
class MatrixProductOf {
 public:
  // Inputs are a, b and, of a layer, optionally bias and residual, then at `scales` those of b.
  // Shapes have been checked.
  [[nodiscard]] Status prepare(PrepareContext& context, ProductShape shape,
                               const Activation& activation, size_t scales);
  void run(const RunContext& context) const;
  [[nodiscard]] Span<const std::byte> wanted_early() const { return wanted_early_; }
  [[nodiscard]] const char* kernel() const {
    return is_rounded_ ? "bgemm" : sizeof(T) == sizeof(Half) ? "hgemm" : "";
  }

 private:
  void run_task(const RunContext& context, const std::byte* b, int64_t index,
                std::byte* scratch) const;
  const T* rows_of(const T* a, Range rows, T* copies) const;
  [[nodiscard]] size_t copies_bytes() const;

  const typename Products<T>::Kernels* kernels_ = nullptr;
  ProductShape shape_;
  Activation activation_;
  bool biased_ = false, residual_ = false;
  GemmTasks tasks_;
  typename Products<T>::Weights b_;
  Span<const std::byte> wanted_early_;
  size_t b_bytes_ = 0, thread_bytes_ = 0;
  bool is_rounded_ = false;
  RoundedProduct rounded_;
};
using MatrixProduct = MatrixProductOf<float>;

}  // namespace lite::linear
