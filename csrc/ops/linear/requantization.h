// SPDX-License-Identifier: Apache-2.0
// What the layers of integers share. Their inputs are x, weights s8, bias s32 and scale f32 (one of
// each per output channel) and, if there is one, the residual.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/requantization.h"
#include "ops/op.h"

namespace lite::linear {

// Checks the operands of a layer of so many output channels, and reads the attributes x_zero,
// y_zero, lo, hi, residual_scale and residual_zero. Input and output have one type, s8 or s16.
// Layers that are `tabled` may have one more input, an OutputTable's.
[[nodiscard]] Result<Requantization> read_requantization(const PrepareContext& context,
                                                         int64_t channels, bool tabled = false);

[[nodiscard]] int32_t greatest_magnitude(Span<const int8_t> weights);

// bias[c] - zero * (sum of the weights of c), modulo 2^32: with it, kernels multiply inputs as they
// are. A kernel that adds an offset to the inputs takes zero = x_zero + offset.
class FoldedBias {
 public:
  // Folds once, if weights and bias are constants. Returns the scratch bytes that a run needs.
  [[nodiscard]] size_t prepare(const PrepareContext& context, int32_t zero);
  // One per output channel.
  const int32_t* fold(const RunContext& context, std::byte* scratch) const;
  // What is known of the layer's sums; any, if something is no constant. Bytes are multiplied as
  // they are: zero was x_zero.
  [[nodiscard]] Sums sums(const PrepareContext& context, const Requantization& to) const;

 private:
  void fold(const Tensor& weights, const int32_t* bias, int32_t* folded) const;
  template <class Of>
  void add_up(const Tensor& weights, Of of, uint32_t* sums) const;

  int32_t zero_ = 0;
  int64_t groups_ = 1, channels_ = 0;
  std::vector<int32_t> folded_;
};

}  // namespace lite::linear
