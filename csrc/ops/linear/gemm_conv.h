// SPDX-License-Identifier: Apache-2.0
// Convolution as a GEMM whose rows are output pixels.
#pragma once

#include <vector>

#include "ops/linear/arguments.h"
#include "ops/linear/fetches.h"
#include "ops/linear/half_weights.h"
#include "ops/linear/padded_rows.h"
#include "ops/linear/pixel_rows.h"
#include "ops/linear/tasks.h"
#include "ops/linear/weights.h"

namespace lite::linear {

// Of the weights of a convolution, [out, in / groups, kh, kw].
[[nodiscard]] Columns columns_of(const Window& window, const Shape& weights);

// Of floats or, where the processor has arithmetic on them, of halves.
template <class T>
class GemmConvOf {
 public:
  // Shapes have been checked.
  void prepare(PrepareContext& context, const Window& window, const Activation& activation);
  void run(const RunContext& context) const;
  // Some pixels, counted through all images, of a product of pixels in their own places by
  // weights that are constants. x and y are where the first of them lie.
  void run_pixels(const RunContext& context, const Range& pixels, const T* x, T* y) const;
  // Some rows of an image's outputs, of a convolution that copies padded rows, by weights that
  // are constants. y is where the first of them comes to.
  void run_rows(const RunContext& context, int64_t image, const Range& rows, T* y,
                int thread) const;
  [[nodiscard]] Span<const std::byte> wanted_early() const { return wanted_early_; }
  [[nodiscard]] size_t room_to_fetch() const;
  void fetch(Span<const std::byte> bytes) { fetches_.add(bytes, images_ * tasks_per_image()); }
  [[nodiscard]] const char* kernel() const;
  [[nodiscard]] bool copies_padded_rows() const { return padded_; }
  [[nodiscard]] static bool would_copy_padded_rows(const PrepareContext& context,
                                                   const Window& window);
  [[nodiscard]] static bool is_kernel(const char* name);
  // Appends the names of the ways to take the window that may be fastest.
  static void add_names(const PrepareContext& context, const Window& window,
                        std::vector<const char*>& names);

 private:
  void run_task(const RunContext& context, const std::byte* weights, int64_t index,
                std::byte* scratch) const;
  void run_padded(const RunContext& context, const std::byte* weights, int64_t image,
                  const Range& rows, T* y, std::byte* scratch) const;
  [[nodiscard]] std::byte* part_of(const RunContext& context, int thread) const;
  [[nodiscard]] gemm::BlockOf<T> block_at(const RunContext& context, const Range& pixels,
                                          const Range& columns, T* y) const;
  [[nodiscard]] T* output_at(const RunContext& context, int64_t pixel) const;
  [[nodiscard]] int64_t tasks_per_image() const;

  const typename Products<T>::Kernels* kernels_ = nullptr;
  Window window_;
  Activation activation_;
  Image in_, out_;
  int64_t residual_pitch_ = 0;
  int64_t images_ = 0;
  bool padded_ = false;  // by rows of outputs
  PaddedRows padded_rows_;
  PixelRows<T> rows_;
  GemmTasks tasks_;
  typename Products<T>::Weights weights_;
  Span<const std::byte> wanted_early_;
  Fetches fetches_;
  // Scratch: weights, zeros, then a part per thread.
  size_t weights_bytes_ = 0, zeros_bytes_ = 0, rows_bytes_ = 0, thread_bytes_ = 0;
};
using GemmConv = GemmConvOf<float>;

}  // namespace lite::linear
