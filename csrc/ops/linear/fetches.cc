// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/fetches.h"

#include <algorithm>

namespace lite::linear {

// Equal parts of all bytes, as if those of one step followed those of another.
void Fetches::add(Span<const std::byte> bytes, int64_t tasks) {
  wanted_.push_back(bytes);
  int64_t total = 0;
  for (const auto& wanted : wanted_) total += static_cast<int64_t>(wanted.size());
  parts_.clear();
  begin_.clear();
  for (int64_t task = 0; task < tasks; ++task) {
    begin_.push_back(parts_.size());
    const int64_t begin = total * task / tasks, end = total * (task + 1) / tasks;
    int64_t first = 0;
    for (const auto& wanted : wanted_) {
      const int64_t size = static_cast<int64_t>(wanted.size());
      const int64_t from = std::clamp<int64_t>(begin - first, 0, size);
      const int64_t to = std::clamp<int64_t>(end - first, 0, size);
      if (from < to) parts_.push_back({wanted.data() + from, to - from});
      first += size;
    }
  }
  begin_.push_back(parts_.size());
}

}  // namespace lite::linear
