// SPDX-License-Identifier: Apache-2.0
// What FlatBuffers' verifier cannot know about a graph: indices, sizes, order, kinds, formulas.
#pragma once

#include <cstddef>

#include "base/span.h"
#include "base/status.h"
#include "nb_generated.h"

namespace lite {

inline constexpr int64_t kElementLimit = int64_t{1} << 40;  // of one tensor
// Of one axis: an extent times an attribute that is as small fits an int64_t.
inline constexpr int64_t kExtentLimit = int64_t{1} << 31;
inline constexpr size_t kFormulaDepth = 64;  // greatest height of a formula's stack

// After this holds: every index is in range; every value is written exactly once (as a graph input,
// a constant or an output of a node) and before it is read; ranks are at most kMaxRank; fixed
// shapes have less than kElementLimit elements; constants lie within the weights and have the size
// that their type and packing need; bools are 0 or 1; formulas keep their stack; attributes hold
// the one field that their kind names.
[[nodiscard]] Status check_graph(const nb::Graph& graph, Span<const std::byte> weights);

}  // namespace lite
