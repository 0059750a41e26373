// SPDX-License-Identifier: Apache-2.0
// Which values use the same memory (aliases, parts of others, ops in place), and how long each
// memory is needed.
#pragma once

#include <cstdint>
#include <vector>

#include "base/span.h"
#include "base/status.h"
#include "nb_generated.h"
#include "ops/op.h"
#include "plan/chains.h"

namespace lite {

struct Sharing {
  std::vector<uint32_t> roots;    // per value: the value whose memory it uses; itself if its own
  std::vector<uint64_t> offsets;  // per value: bytes from where its root begins
  std::vector<int64_t> pitches;   // per value: as Tensor has it
  std::vector<int> first;         // per root: the first node that writes to it
  std::vector<int> last;  // per root: the last node that reads it; the number of nodes if an output
  // Per value: an input or a constant, which is never written, or inside a chain; so not in the
  // arena.
  std::vector<bool> outside;
};

// `entries` has one op per node, `axes` the axis of those that join or split, `values` the types of
// all values.
[[nodiscard]] Result<Sharing> share_memory(const nb::Graph& graph,
                                           Span<const OpEntry* const> entries,
                                           Span<const int64_t> axes, Span<const Tensor> values,
                                           const Chains& chains);

}  // namespace lite
