// SPDX-License-Identifier: Apache-2.0
// Values that lie within others, so that nothing is copied to join or to split them.
#pragma once

#include "plan/sharing.h"

namespace lite {

// Lets values be parts of what they are joined to, or split from, wherever all that write and read
// them can do with the place. Aliases have been joined.
void place_parts(const nb::Graph& graph, Span<const OpEntry* const> entries,
                 Span<const int64_t> axes, Span<const Tensor> values, Sharing& sharing);

// Whether a part lies within the whole, from element `begin` of the axis on.
[[nodiscard]] bool is_placed(const Sharing& sharing, Span<const Tensor> values, uint32_t part,
                             uint32_t whole, int64_t axis, int64_t begin);

}  // namespace lite
