// SPDX-License-Identifier: Apache-2.0
// Layers of s16 with weights in s8: convolutions, of any groups, and products of matrices, which
// are convolutions of one row of pixels by a window of one.
#pragma once

#include <vector>

#include "kernels/int16x8/int16x8.h"
#include "ops/linear/arguments.h"
#include "ops/linear/pixel_rows.h"
#include "ops/linear/quad_weights.h"
#include "ops/linear/requantization.h"
#include "ops/linear/tasks.h"

namespace lite::linear {

class Int16Layer {
 public:
  // Operands have been checked.
  void prepare_convolution(PrepareContext& context, const Window& window,
                           const Requantization& requantization);
  void prepare_product(PrepareContext& context, const Requantization& requantization);
  void run(const RunContext& context) const;
  [[nodiscard]] const char* kernel() const { return by_channel_ ? "int16x8_depthwise" : "int16x8"; }

 private:
  // What tasks of a run share.
  struct Operands {
    const int8_t* weights;
    const int32_t* bias_and_weights;
    const int16_t* padding;
  };
  void prepare(PrepareContext& context, const Window& window, Columns columns,
               const Requantization& requantization);
  size_t prepare_weights(const Tensor& weights, const Window& window, Columns columns);
  void arrange_channels(const Tensor& weights, int8_t* arranged) const;
  const int8_t* weights(const RunContext& context) const;
  void run_task(const RunContext& context, const Operands& operands, int64_t index,
                std::byte* scratch) const;
  [[nodiscard]] int16x8::Finish finish(const RunContext& context, const Operands& operands,
                                       int64_t row, int64_t column) const;

  const int16x8::Kernels* kernels_ = nullptr;
  Requantization requantization_;
  Image in_, out_;
  int64_t images_ = 0, residual_pitch_ = 0;
  bool by_channel_ = false;
  int64_t groups_ = 1;  // of channels that are multiplied together; 1 if channels go by themselves
  PixelRows<int16_t> rows_;
  GemmTasks tasks_;
  QuadWeights quads_;
  std::vector<int8_t> channels_;  // weights [tap][channel]
  FoldedBias sums_;
  // Scratch: weights, sums, padding, then a part per thread.
  size_t weights_bytes_ = 0, sums_bytes_ = 0, padding_bytes_ = 0, thread_bytes_ = 0;
};

}  // namespace lite::linear
