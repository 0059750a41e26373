// SPDX-License-Identifier: Apache-2.0
// Values that lie within others, so that nothing is copied to join or to split them.
#pragma once

#include "plan/sharing.h"

namespace lite {

// Lets values be parts of what they are joined to, or split from, wherever all that write and read
// them can do with the place. Aliases have been joined.
void place_parts(const nb::Graph& graph, Span<const OpEntry* const> entries,
                 Span<const int64_t> axes, Span<const Tensor> values, Sharing& sharing);

// A part of a node that joins or splits, and where it lies in the whole.
struct Part {
  uint32_t part = 0, whole = 0;  // values
  int64_t axis = 0, begin = 0;   // element of the axis
};

// Those of a node, in order, up to one that is missing.
[[nodiscard]] std::vector<Part> parts_of(const nb::Node& node, unsigned flags, int64_t axis,
                                         Span<const Tensor> values);

// Whether a part lies within the whole.
[[nodiscard]] bool is_placed(const Sharing& sharing, Span<const Tensor> values, const Part& part);

}  // namespace lite
