// SPDX-License-Identifier: Apache-2.0
// Times the kernels that the layers of a session could have, with weights as cold as in a net.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "plan/session.h"
#include "plan/tune_table.h"

namespace lite {

// A layer, and how long it takes with each kernel, the usual one first.
struct TunedLayer {
  std::string layer;  // as layer_text says
  std::string name;   // of the first node that is such
  size_t nodes = 1;   // that are such
  std::vector<Timing> timings;
};

// Called before each layer, and with done == total at the end; false stops.
using TuneProgress = std::function<bool(size_t done, size_t total)>;

// For the planned shapes of the session, by a separate clone of it. Layers that have no choice are
// left out. Takes a few milliseconds a kernel, and memory for weights, a copy for each of their
// turns.
[[nodiscard]] Result<std::vector<TunedLayer>> tune(const Session& session,
                                                   const TuneProgress& progress);

}  // namespace lite
