// SPDX-License-Identifier: Apache-2.0
// How fast memory is read, behind all caches.
#pragma once

#include "base/arena.h"
#include "base/threads.h"

namespace lite::bench {

class Bandwidth {
 public:
  [[nodiscard]] Status allocate();
  [[nodiscard]] size_t size_bytes() const { return memory_.size_bytes(); }
  // Bytes per nanosecond: one measurement, of the next slice of the memory.
  double measure(ThreadTeam& team);

 private:
  Memory memory_;
  size_t next_ = 0;
};

}  // namespace lite::bench
