// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/weights.h"

#include <utility>

#include "ops/linear/arguments.h"

namespace lite::linear {

size_t PackedWeights::prepare(const Tensor& weights, Columns columns,
                              const gemm::Kernels& kernels) {
  columns_ = std::move(columns);
  kernels_ = &kernels;
  if (weights.packing == Packing::p16) return 0;
  const size_t count = static_cast<size_t>(columns_.groups * columns_.group_count());
  computed_ = !weights.constant;
  if (computed_) return aligned_bytes(count * sizeof(float));
  packed_.resize(count);
  for (int64_t i = 0; i < columns_.groups * columns_.panels(); ++i)
    pack_panel(weights.as<float>(), i, packed_.data());
  return 0;
}

const float* PackedWeights::pack(const Tensor& weights, std::byte* scratch,
                                 ThreadTeam& team) const {
  if (weights.packing == Packing::p16) return weights.as<float>();
  if (!computed_) return packed_.data();
  float* panels = reinterpret_cast<float*>(scratch);
  team.parallel_for(columns_.groups * columns_.panels(),
                    [&](int64_t i) { pack_panel(weights.as<float>(), i, panels); });
  return panels;
}

void PackedWeights::pack_panel(const float* weights, int64_t index, float* panels) const {
  const int64_t group = index / columns_.panels(), panel = index % columns_.panels();
  const int64_t first = panel * gemm::kPanel, rest = columns_.n - first;
  const int count = static_cast<int>(rest < gemm::kPanel ? rest : gemm::kPanel);
  int64_t places[gemm::kPanel];
  for (int j = 0; j < count; ++j) places[j] = columns_.column(first + j);
  const float* source = weights + group * columns_.group_stride;
  float* target = panels + index * columns_.panel_count();
  for (int64_t offset : columns_.offsets) {
    kernels_->pack_panel(source + offset, columns_.channels, columns_.channel_stride, places, count,
                         target);
    target += columns_.channels * gemm::kPanel;
  }
}

}  // namespace lite::linear
