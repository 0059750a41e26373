// SPDX-License-Identifier: Apache-2.0
// What the tasks of a product fetch, while they compute, for steps behind it.
#pragma once

#include <cstddef>
#include <vector>

#include "base/span.h"
#include "kernels/gemm/gemm.h"

namespace lite::linear {

class Fetches {
 public:
  // Shares some more bytes among so many tasks.
  void add(Span<const std::byte> bytes, int64_t tasks);
  // Lets a block fetch the task's part.
  void give(int64_t task, gemm::Block& block) const {
    if (begin_.empty()) return;
    const size_t first = begin_[static_cast<size_t>(task)];
    block.later = parts_.data() + first;
    block.later_count = static_cast<int64_t>(begin_[static_cast<size_t>(task) + 1] - first);
  }

 private:
  std::vector<Span<const std::byte>> wanted_;
  std::vector<gemm::Fetch> parts_;  // of one task after another
  std::vector<size_t> begin_;       // per task: its first part; then the end
};

}  // namespace lite::linear
