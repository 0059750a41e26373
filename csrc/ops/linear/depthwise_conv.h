// SPDX-License-Identifier: Apache-2.0
// Convolution of each channel by itself.
#pragma once

#include <vector>

#include "kernels/depthwise/depthwise.h"
#include "ops/linear/arguments.h"
#include "ops/linear/tasks.h"

namespace lite::linear {

class DepthwiseConv {
 public:
  // Shapes have been checked.
  void prepare(PrepareContext& context, const Window& window, const Activation& activation);
  void run(const RunContext& context) const;
  [[nodiscard]] Span<const std::byte> wanted_early() const { return wanted_early_; }

  // What all strips of a run have in common, but for the images; fills the run's scratch.
  [[nodiscard]] depthwise::Strip begin(const RunContext& context) const;
  // Some rows of an image's outputs, with weights that are constants. x is where rows `inputs` of
  // the input lie, y where the first of the output comes to.
  void run_rows(const RunContext& context, const depthwise::Strip& common, int64_t image,
                const Range& rows, const float* x, const Range& inputs, float* y, int thread) const;

 private:
  const float** pointers(const RunContext& context, int thread) const;
  const float* residual_at(const RunContext& context, int64_t row) const;
  void cut();
  const float* weights(const RunContext& context) const;
  const float* scaled(const Tensor& weights, float* floats) const;
  template <class T>
  void pack(const T* plain, T* packed) const;
  template <class T>
  void pack_once(const Tensor& weights);

  const depthwise::Kernels* kernels_ = nullptr;
  depthwise::Strip strip_;  // all that does not change from run to run
  int64_t images_ = 0;
  StripCut tasks_;
  // Scratch: weights, zeros, then a part per thread.
  size_t weights_bytes_ = 0, zeros_bytes_ = 0, thread_bytes_ = 0;
  std::vector<std::byte> packed_;  // of the weights' type
  std::vector<float> scales_;      // of integer weights
  Span<const std::byte> wanted_early_;
};

}  // namespace lite::linear
