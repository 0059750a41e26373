// SPDX-License-Identifier: Apache-2.0
// Convolution of each channel by itself.
#pragma once

#include <type_traits>
#include <vector>

#include "kernels/depthwise/depthwise.h"
#include "kernels/hdepthwise/hdepthwise.h"
#include "ops/linear/arguments.h"
#include "ops/linear/tasks.h"

namespace lite::linear {

// Of floats or, where the processor has arithmetic on them, of halves.
template <class T>
class DepthwiseConvOf {
 public:
  using Strip = depthwise::StripOf<T>;

  // Shapes have been checked.
  void prepare(PrepareContext& context, const Window& window, const Activation& activation);
  void run(const RunContext& context) const;
  [[nodiscard]] Span<const std::byte> wanted_early() const { return wanted_early_; }

  // What all strips of a run have in common, but for the images; fills the run's scratch.
  [[nodiscard]] Strip begin(const RunContext& context) const;
  // Some rows of an image's outputs, with weights that are constants. x is where rows `inputs` of
  // the input lie, y where the first of the output comes to.
  void run_rows(const RunContext& context, const Strip& common, int64_t image, const Range& rows,
                const T* x, const Range& inputs, T* y, int thread) const;

 private:
  using Kernels =
      std::conditional_t<std::is_same_v<T, Half>, hdepthwise::Kernels, depthwise::Kernels>;
  const T** pointers(const RunContext& context, int thread) const;
  const T* residual_at(const RunContext& context, int64_t row) const;
  void cut();
  const T* weights(const RunContext& context) const;
  const T* bias(const RunContext& context) const;
  const float* scaled(const Tensor& weights, float* floats) const;
  void prepare_weights(const PrepareContext& context);
  template <class W>
  void pack(const W* plain, W* packed) const;
  template <class W>
  void pack_once(const Tensor& weights);

  const Kernels* kernels_ = nullptr;
  Strip strip_;  // all that does not change from run to run
  int64_t images_ = 0;
  StripCut tasks_;
  // Scratch: weights, zeros, then a part per thread.
  size_t weights_bytes_ = 0, zeros_bytes_ = 0, thread_bytes_ = 0;
  std::vector<std::byte> packed_;  // of the weights' type, or halves
  std::vector<float> scales_;      // of integer weights
  Span<const std::byte> wanted_early_;
};
using DepthwiseConv = DepthwiseConvOf<float>;

}  // namespace lite::linear
