// SPDX-License-Identifier: Apache-2.0
// Which values use the same memory (aliases, ops in place), and how long each memory is needed.
#pragma once

#include <cstdint>
#include <vector>

#include "base/span.h"
#include "base/status.h"
#include "nb_generated.h"
#include "ops/op.h"

namespace lite {

struct Sharing {
  std::vector<uint32_t> roots;  // per value: the value whose memory it uses; itself if its own
  std::vector<int> first;       // per root: the node that writes it
  std::vector<int> last;  // per root: the last node that reads it; the number of nodes if an output
  std::vector<bool>
      outside;  // per value: an input or a constant, so not in the arena and never written
};

// `entries` has one op per node, `values` the types of all values.
[[nodiscard]] Result<Sharing> share_memory(const nb::Graph& graph,
                                           Span<const OpEntry* const> entries,
                                           Span<const Tensor> values);

}  // namespace lite
