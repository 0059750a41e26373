// SPDX-License-Identifier: Apache-2.0
// Memory: one 64-byte aligned block, taken from the system when first asked for.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"

namespace lite {

inline constexpr size_t kAlignment = 64;

[[nodiscard]] constexpr size_t aligned_size(size_t size_bytes) {
  return (size_bytes + kAlignment - 1) / kAlignment * kAlignment;
}

class Memory {
 public:
  Memory() = default;
  ~Memory() { release(); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  // Large blocks ask for huge pages. Fails with Code::k_out_of_memory; never aborts.
  [[nodiscard]] Status allocate(size_t size_bytes);
  void release();

  [[nodiscard]] std::byte* data() const { return data_; }
  [[nodiscard]] size_t size_bytes() const { return size_bytes_; }

 private:
  std::byte* data_ = nullptr;
  size_t size_bytes_ = 0;
  bool mapped_ = false;
};

// Physical memory of the machine; what an arena may take at most if the caller sets no limit.
[[nodiscard]] uint64_t physical_memory_bytes();

}  // namespace lite
