// SPDX-License-Identifier: Apache-2.0
// Which values of a fast session are stored as halves, where the processor has arithmetic on them:
// what ops that compute in halves (OpFlags::kHalves) write, and what is made of it without
// computing, or by ops that take halves as they are. Inputs and outputs of the graph stay floats.
#pragma once

#include <optional>
#include <vector>

#include "base/precision.h"
#include "base/span.h"
#include "built_ops.h"
#include "nb_generated.h"
#include "ops/op.h"

namespace lite {

inline constexpr bool kHalvesBuilt = is_built("conv2d") || is_built("fully_connected");

// Whether fast sessions compute in halves.
[[nodiscard]] bool has_halves(Isa isa);

// Changes the types of values. Returns for each node the type of those of its operands that its op
// must be given in the other one, f32 or f16, if there are any.
[[nodiscard]] std::vector<std::optional<DType>> store_in_halves(const nb::Graph& graph,
                                                                Span<const OpEntry* const> entries,
                                                                std::vector<Tensor>& values);

}  // namespace lite
