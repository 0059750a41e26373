// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/quad_weights.h"

#include <algorithm>
#include <utility>

#include "ops/linear/arguments.h"
#include "ops/linear/requantization.h"

namespace lite::linear {

size_t QuadWeights::prepare(const Tensor& weights, Columns columns, int64_t rows) {
  columns_ = std::move(columns);
  rows_ = rows;
  if (weights.packing == Packing::p16x4) return 0;
  const size_t bytes = static_cast<size_t>(columns_.groups * group_bytes());
  computed_ = !weights.constant;
  if (computed_) return aligned_bytes(bytes);
  packed_.resize(bytes / sizeof(Line));  // panels are whole lines
  for (int64_t i = 0; i < columns_.groups * columns_.panels(); ++i)
    pack_panel(weights.as<int8_t>(), i, reinterpret_cast<int8_t*>(packed_.data()));
  return 0;
}

const qgemm::Kernels& kernels_for(Isa isa, const qgemm::Extents& extents) {
  const qgemm::Kernels& exact = qgemm::kernels(isa);
  return exact.tiled != nullptr && qgemm::is_worth_tiles(extents) ? *exact.tiled : exact;
}

const qgemm::Kernels& kernels_for(Isa isa, const qgemm::Extents& extents,
                                  Span<const int8_t> weights) {
  const qgemm::Kernels& exact = kernels_for(isa, extents);
  return exact.narrow != nullptr && narrow(weights) ? *exact.narrow : exact;
}

const qgemm::Kernels& QuadWeights::kernels(Isa isa, const qgemm::Extents& extents,
                                           const Tensor& weights) const {
  if (computed_) return kernels_for(isa, extents);
  const bool in_file = weights.packing == Packing::p16x4;
  const int8_t* panels = in_file ? weights.as<int8_t>() : packed_.data()->bytes;
  const size_t bytes = static_cast<size_t>(columns_.groups * group_bytes());
  return kernels_for(isa, extents, {panels, bytes});
}

const int8_t* QuadWeights::pack(const Tensor& weights, std::byte* scratch, ThreadTeam& team) const {
  if (weights.packing == Packing::p16x4) return weights.as<int8_t>();
  if (!computed_) return reinterpret_cast<const int8_t*>(packed_.data());
  int8_t* panels = reinterpret_cast<int8_t*>(scratch);
  team.parallel_for(columns_.groups * columns_.panels(),
                    [&](int64_t i) { pack_panel(weights.as<int8_t>(), i, panels); });
  return panels;
}

void QuadWeights::pack_panel(const int8_t* weights, int64_t index, int8_t* panels) const {
  const int64_t group = index / columns_.panels(),
                first = index % columns_.panels() * qgemm::kPanel;
  const int64_t count = std::min<int64_t>(qgemm::kPanel, columns_.n - first);
  const int64_t taps = columns_.taps() / rows_;  // of a row
  const int8_t* source = weights + group * columns_.group_stride;
  int8_t* target = panels + index * panel_bytes();
  std::fill_n(target, panel_bytes(), int8_t{0});
  for (int64_t row = 0; row < rows_; ++row, target += qgemm::panel_bytes(1, row_depth()))
    for (int64_t k = 0; k < row_depth(); ++k) {
      const int64_t tap = row * taps + k / columns_.channels, channel = k % columns_.channels;
      const int8_t* element =
          source + columns_.offsets[static_cast<size_t>(tap)] + channel * columns_.channel_stride;
      int8_t* place = target + k / qgemm::kQuad * qgemm::kPanel * qgemm::kQuad + k % qgemm::kQuad;
      for (int64_t j = 0; j < count; ++j)
        place[j * qgemm::kQuad] = element[columns_.column(first + j)];
    }
}

}  // namespace lite::linear
