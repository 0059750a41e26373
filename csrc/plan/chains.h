// SPDX-License-Identifier: Apache-2.0
// Which layers run together, so that what lies between them never leaves the cache.
#pragma once

#include <cstdint>
#include <vector>

#include "base/span.h"
#include "built_ops.h"
#include "nb_generated.h"
#include "ops/op.h"
#include "plan/shapes.h"
#include "plan/tune_table.h"

namespace lite {

inline constexpr bool kChainsBuilt = is_built("conv2d");

struct Chains {
  std::vector<uint32_t> runs_at;  // per node: the last one of its chain; itself if it has none
  std::vector<bool> inside;       // per value: it lies between two nodes of a chain
};

// A layer that measured best with a kernel which chains do not have runs by itself.
// `common` is what contexts of all nodes share; its cache decides what is worth a chain. `values`
// are the types of all values, `entries` has one op per node.
[[nodiscard]] Chains find_chains(const nb::Graph& graph, Span<const OpEntry* const> entries,
                                 const Extents& extents, Span<const Tensor> values,
                                 const PrepareContext& common, const TuneTable* tuned);

}  // namespace lite
