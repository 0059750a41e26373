// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/quad_weights.h"

#include <algorithm>
#include <cstring>
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

namespace {

constexpr char kTiled[] = "_tiled", kQuads[] = "qgemm";

bool are_worth_tiles(const qgemm::Kernels& exact, const qgemm::Extents& extents) {
  return exact.tiled != nullptr && qgemm::is_worth_tiles(*exact.tiled, extents);
}

// The fastest that are exact for weights of such magnitudes.
const qgemm::Kernels& fastest(const qgemm::Kernels& exact, int32_t greatest, bool tiles) {
  for (const qgemm::Kernels* kernels : {tiles ? exact.tiled : nullptr, exact.narrow})
    if (kernels != nullptr && greatest <= kernels->greatest_weight) return *kernels;
  return exact;
}

// Where it decides; else as great as any.
int32_t deciding_magnitude(const qgemm::Kernels& exact, Span<const int8_t> weights) {
  const bool decides = exact.narrow != nullptr ||
                       (exact.tiled != nullptr && exact.tiled->greatest_weight < kGreatestWeight);
  return decides ? greatest_magnitude(weights) : kGreatestWeight;
}

bool asks_for_tiles(const char* kernel, const qgemm::Kernels& exact,
                    const qgemm::Extents& extents) {
  if (std::strncmp(kernel, kQuads, sizeof(kQuads) - 1) != 0) return are_worth_tiles(exact, extents);
  const char* end = std::strstr(kernel, kTiled);
  return end != nullptr && end[sizeof(kTiled) - 1] == '\0';
}

}  // namespace

const qgemm::Kernels& kernels_for(Isa isa, const qgemm::Extents& extents) {
  const qgemm::Kernels& exact = qgemm::kernels(isa);
  return fastest(exact, kGreatestWeight, are_worth_tiles(exact, extents));
}

const qgemm::Kernels& kernels_for(Isa isa, const qgemm::Extents& extents,
                                  Span<const int8_t> weights) {
  const qgemm::Kernels& exact = qgemm::kernels(isa);
  return fastest(exact, deciding_magnitude(exact, weights), are_worth_tiles(exact, extents));
}

const qgemm::Kernels& QuadWeights::kernels(const PrepareContext& context,
                                           const qgemm::Extents& extents) {
  const qgemm::Kernels& exact = qgemm::kernels(context.isa);
  const Tensor& weights = context.inputs[1];
  int32_t greatest = kGreatestWeight;
  if (!computed_) {
    const bool in_file = weights.packing == Packing::p16x4;
    const int8_t* panels = in_file ? weights.as<int8_t>() : packed_.data()->bytes;
    greatest =
        deciding_magnitude(exact, {panels, static_cast<size_t>(columns_.groups * group_bytes())});
  }
  const qgemm::Kernels& quads = fastest(exact, greatest, false);
  const qgemm::Kernels& tiles = fastest(exact, greatest, true);
  kinds_ = {quads.kind};
  if (tiles.kind != quads.kind) kinds_.push_back(tiles.kind);
  return asks_for_tiles(context.kernel, exact, extents) ? tiles : quads;
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
