// SPDX-License-Identifier: Apache-2.0
// Values whose rows would evict one another from the first cache.
#pragma once

#include "plan/sharing.h"

namespace lite {

// Gives rows whose distance is a multiple of half a way of the first cache a line more, where all
// that write and read them can do with a pitch: else few of them fit the cache at a time. Parts
// have their places.
void keep_rows_apart(const nb::Graph& graph, Span<const OpEntry* const> entries,
                     Span<const Tensor> values, Sharing& sharing);

}  // namespace lite
