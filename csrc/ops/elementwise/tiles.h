// SPDX-License-Identifier: Apache-2.0
// Fixed tiles of elementwise work: they depend on the amount of work, never on the threads.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/threads.h"

namespace lite {

inline constexpr int64_t kTileElements = 16384;

// body(begin, end) over [0, count) in pieces of kTileElements.
template <class Body>
void for_each_tile(ThreadTeam& team, int64_t count, const Body& body) {
  if (count <= kTileElements) {
    if (count > 0) body(int64_t{0}, count);
    return;
  }
  team.parallel_for((count + kTileElements - 1) / kTileElements, [&](int64_t tile) {
    const int64_t begin = tile * kTileElements;
    body(begin, std::min(count, begin + kTileElements));
  });
}

}  // namespace lite
