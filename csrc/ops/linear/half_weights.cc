// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/half_weights.h"

#include <algorithm>
#include <utility>

#include "ops/linear/arguments.h"

namespace lite::linear {

size_t HalfWeights::prepare(const Tensor& weights, const Tensor*, Columns columns,
                            const hgemm::Kernels& kernels) {
  columns_ = std::move(columns);
  kernels_ = &kernels;
  const int64_t count = columns_.groups * columns_.group_count();
  packed_.resize(static_cast<size_t>(count));
  const float* floats = weights.as<float>();
  if (weights.packing == Packing::p16) {
    std::transform(floats, floats + count, packed_.begin(), float_to_half);
  } else {
    for (int64_t i = 0; i < columns_.groups * columns_.panels(); ++i) pack_panel(floats, i);
  }
  return 0;
}

void HalfWeights::pack_panel(const float* weights, int64_t index) {
  const int64_t group = index / columns_.panels(), first = index % columns_.panels() * gemm::kPanel;
  const int64_t count = std::min<int64_t>(columns_.n - first, gemm::kPanel);
  Half* target = packed_.data() + index * columns_.panel_count();
  for (int64_t offset : columns_.offsets)
    for (int64_t channel = 0; channel < columns_.channels; ++channel, target += gemm::kPanel)
      for (int64_t j = 0; j < count; ++j)
        target[j] =
            float_to_half(weights[group * columns_.group_stride + offset +
                                  columns_.column(first + j) + channel * columns_.channel_stride]);
}

const std::byte* HalfWeights::pack(const Tensor& weights, std::byte*, ThreadTeam&) const {
  return constants(weights);
}

const std::byte* HalfWeights::constants(const Tensor&) const {
  return reinterpret_cast<const std::byte*>(packed_.data());
}

// Of packed rows.
size_t HalfWeights::task_bytes() const {
  return aligned_bytes(static_cast<size_t>(kernels_->packed_elements(columns_.depth())) *
                       sizeof(Half));
}

void HalfWeights::multiply(hgemm::Block& block, const std::byte* packed, int64_t group,
                           int64_t column, std::byte* scratch) const {
  block.packed = reinterpret_cast<Half*>(scratch);
  block.panel_stride = columns_.panel_count();
  block.b = reinterpret_cast<const Half*>(packed) + group * columns_.group_count() +
            column / gemm::kPanel * columns_.panel_count();
  kernels_->multiply(block);
}

}  // namespace lite::linear
