// SPDX-License-Identifier: Apache-2.0
// Convolution as a GEMM whose rows are output pixels: a table says where each tap of each pixel
// lies in the input. Nothing is copied but, for few channels, the windows that hang over the left
// or right border.
#pragma once

#include "ops/linear/arguments.h"
#include "ops/linear/tasks.h"
#include "ops/linear/weights.h"

namespace lite::linear {

class GemmConv {
 public:
  // Shapes have been checked.
  void prepare(PrepareContext& context, const Window& window, const Activation& activation);
  void run(const RunContext& context) const;
  [[nodiscard]] const char* kernel() const;

 private:
  struct Task {
    const float* x;  // the image, at the group's first channel
    Range rows;
    const float** table;
    const float* zeros;
    float* copies;
  };
  [[nodiscard]] size_t table_bytes() const;
  [[nodiscard]] size_t copies_bytes() const;
  template <class Segment>
  void for_each_segment(const Range& pixels, const Segment& segment) const;
  [[nodiscard]] Range inside(int64_t begin, int64_t end, int64_t shift, int64_t span) const;
  // Fills the table for output pixels: by single taps, or by whole rows of the window.
  void point_at_taps(const Task& task) const;
  void point_at_window_rows(const Task& task) const;
  const float* copied(const float* row, int64_t left, float* copy) const;
  void run_task(const RunContext& context, const float* weights, int64_t index,
                std::byte* scratch) const;

  const gemm::Kernels* kernels_ = nullptr;
  Window window_;
  Activation activation_;
  Image in_, out_;
  int64_t images_ = 0;
  bool whole_rows_ = false;  // a tap of the GEMM is a whole row of the window
  int64_t taps_ = 0, k_ = 0;
  GemmTasks tasks_;
  PackedWeights weights_;
  // Scratch: weights, zeros, then a part per thread.
  size_t weights_bytes_ = 0, zeros_bytes_ = 0, thread_bytes_ = 0;
};

}  // namespace lite::linear
