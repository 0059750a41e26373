// SPDX-License-Identifier: Apache-2.0
#include "plan/prefetch.h"

#include <algorithm>
#include <vector>

namespace lite {
namespace {

constexpr size_t kMostBytes = 8 << 20;  // more would push out of the last cache what is used before

}  // namespace

void spread_fetches(Span<Step> steps) {
  std::vector<size_t> room;
  for (const Step& step : steps) room.push_back(step.op->room_to_fetch());
  for (size_t i = 0; i < steps.size(); ++i) {
    const Span<const std::byte> wanted = steps[i].op->wanted_early();
    size_t left = std::min(wanted.size(), kMostBytes);
    for (size_t j = i; j-- > 0 && left > 0;) {
      const size_t bytes = std::min(room[j], left);
      if (bytes == 0) continue;
      left -= bytes;
      room[j] -= bytes;
      steps[j].op->fetch({wanted.data() + left, bytes});
    }
  }
}

}  // namespace lite
