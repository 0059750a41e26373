// SPDX-License-Identifier: Apache-2.0
// A tensor seen around one axis: [outer, extent, inner].
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/tensor.h"
#include "base/threads.h"
#include "ops/elementwise/tiles.h"

namespace lite {

struct AxisView {
  int64_t outer = 1, extent = 1, inner = 1;

  static AxisView of(const Shape& shape, int64_t axis) {
    const int at = static_cast<int>(axis);
    return {shape.count(0, at), shape[at], shape.count(at + 1, shape.rank)};
  }
};

// body(outer, first, columns): a block of at most `most` columns of one outer index.
template <class Body>
void for_each_block(ThreadTeam& team, const AxisView& view, int64_t most, const Body& body) {
  const int64_t blocks = (view.inner + most - 1) / most;
  const int64_t per_item = std::max<int64_t>(1, view.extent * std::min(most, view.inner));
  const int64_t items_per_tile = std::max<int64_t>(1, kTileElements / per_item);
  const int64_t items = view.outer * blocks;
  const auto tile_of_items = [&](int64_t tile) {
    const int64_t end = std::min(items, (tile + 1) * items_per_tile);
    for (int64_t item = tile * items_per_tile; item < end; ++item) {
      const int64_t first = item % blocks * most;
      body(item / blocks, first, std::min(most, view.inner - first));
    }
  };
  const int64_t tiles = (items + items_per_tile - 1) / items_per_tile;
  if (tiles == 1) return tile_of_items(0);
  team.parallel_for(tiles, tile_of_items);
}

}  // namespace lite
