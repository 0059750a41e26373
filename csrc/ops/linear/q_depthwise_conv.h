// SPDX-License-Identifier: Apache-2.0
// Convolution of each channel by itself, in s8.
#pragma once

#include <vector>

#include "kernels/qdepthwise/qdepthwise.h"
#include "ops/linear/arguments.h"
#include "ops/linear/output_table.h"
#include "ops/linear/requantization.h"
#include "ops/linear/tasks.h"

namespace lite::linear {

class QDepthwiseConv {
 public:
  // Operands and shapes have been checked.
  void prepare(PrepareContext& context, const Window& window, const Requantization& requantization,
               const OutputTable& table);
  void run(const RunContext& context) const;
  [[nodiscard]] const char* kernel() const;

 private:
  struct alignas(64) Line {
    std::byte bytes[64];
  };

  void cut();
  [[nodiscard]] qdepthwise::Parameters parameters(Span<const Tensor> inputs,
                                                  const int32_t* bias) const;
  const std::byte* arranged(const RunContext& context) const;

  const qdepthwise::Kernels* kernels_ = nullptr;
  qdepthwise::Layer layer_;
  FoldedBias bias_;
  OutputTable table_;
  int64_t images_ = 0;
  StripCut tasks_;
  // Scratch: parameters and bias unless all are constants, pixels of padding, a part per thread.
  size_t arranged_bytes_ = 0, bias_bytes_ = 0, padding_bytes_ = 0, thread_bytes_ = 0;
  std::vector<Line> arranged_;
};

}  // namespace lite::linear
