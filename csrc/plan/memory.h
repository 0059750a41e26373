// SPDX-License-Identifier: Apache-2.0
// The memory planner: where in one arena each buffer lies.
#pragma once

#include <cstdint>
#include <vector>

#include "base/span.h"

namespace lite {

// A buffer lives from step `first` to step `last`, both included.
struct Buffer {
  uint64_t size_bytes = 0;
  int first = 0;
  int last = 0;
};

struct Layout {
  std::vector<uint64_t> offsets;  // one per buffer, 64-byte aligned
  uint64_t peak_bytes = 0;
  uint64_t lower_bound_bytes = 0;  // greatest sum of the buffers alive at one step
};

// Best of greedy by size, greedy by breadth and a short local search; the same input gives the same
// layout.
[[nodiscard]] Layout plan_memory(Span<const Buffer> buffers);

}  // namespace lite
