// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <ctime>

namespace lite {

uint64_t monotonic_ns() {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000000u + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace lite
