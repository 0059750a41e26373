// SPDX-License-Identifier: Apache-2.0
#include "bandwidth.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "base/clock.h"

namespace lite::bench {
namespace {

constexpr size_t kLeastBytes = 64 << 20, kMostBytes = 1 << 30;
constexpr size_t kSliceBytes = 8 << 20;   // that is read at once
constexpr size_t kPartBytes = 256 << 10;  // by one thread
constexpr size_t kStreams = 4;
constexpr size_t kLineBytes = 64;

// Twice the last cache; where the system does not tell, the least must do.
size_t bytes_behind_caches() {
  long cache = 0;
#ifdef _SC_LEVEL3_CACHE_SIZE
  cache = std::max(sysconf(_SC_LEVEL3_CACHE_SIZE), sysconf(_SC_LEVEL2_CACHE_SIZE));
#endif
  const size_t twice = cache > 0 ? 2 * static_cast<size_t>(cache) : 0;
  return std::clamp(twice, kLeastBytes, kMostBytes) / kSliceBytes * kSliceBytes;
}

// One word of each line: a line is fetched whole.
void read(const std::byte* data) {
  constexpr size_t kStreamBytes = kPartBytes / kStreams;
  size_t sums[kStreams] = {};
  for (size_t at = 0; at < kStreamBytes; at += kLineBytes)
    for (size_t stream = 0; stream < kStreams; ++stream)
      sums[stream] ^= *reinterpret_cast<const size_t*>(data + stream * kStreamBytes + at);
  for (size_t& sum : sums) asm volatile("" : : "r"(sum));
}

}  // namespace

Status Bandwidth::allocate() {
  LITE_RETURN_IF_ERROR(memory_.allocate(bytes_behind_caches()));
  std::memset(memory_.data(), 1, memory_.size_bytes());  // untouched, all pages are one of zeros
  return Status();
}

double Bandwidth::measure(ThreadTeam& team) {
  const std::byte* slice = memory_.data() + next_;
  next_ = (next_ + kSliceBytes) % memory_.size_bytes();
  const uint64_t begin = monotonic_ns();
  team.parallel_for(kSliceBytes / kPartBytes, [slice](int64_t part) {
    read(slice + static_cast<size_t>(part) * kPartBytes);
  });
  return static_cast<double>(kSliceBytes) / static_cast<double>(monotonic_ns() - begin);
}

}  // namespace lite::bench
