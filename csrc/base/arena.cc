// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>

namespace lite {
namespace {

constexpr size_t kHugePageBytes = size_t{2} << 20;

// A mapping that begins with a huge page: its pages can be huge, and are zeros that nobody touched.
std::byte* map_aligned(size_t size_bytes) {
  const size_t page_bytes = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  size_bytes = (size_bytes + page_bytes - 1) / page_bytes * page_bytes;
  const size_t reserved = size_bytes + kHugePageBytes;
  void* block = mmap(nullptr, reserved, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (block == MAP_FAILED) return nullptr;
  std::byte* begin = static_cast<std::byte*>(block);
  const size_t before = kHugePageBytes - reinterpret_cast<uintptr_t>(begin) % kHugePageBytes,
               after = reserved - before - size_bytes;
  munmap(begin, before);
  if (after != 0) munmap(begin + before + size_bytes, after);
#ifdef MADV_HUGEPAGE
  madvise(begin + before, size_bytes, MADV_HUGEPAGE);
#endif
  return begin + before;
}

}  // namespace

Status Memory::allocate(size_t size_bytes) {
  release();
  if (size_bytes == 0) return Status();
  const size_t rounded = aligned_size(size_bytes);
  if (rounded >= kHugePageBytes) {
    data_ = map_aligned(rounded);
    mapped_ = data_ != nullptr;
  } else {
    void* block = nullptr;
    if (posix_memalign(&block, kAlignment, rounded) == 0) data_ = static_cast<std::byte*>(block);
    mapped_ = false;
  }
  if (data_ == nullptr)
    return error(Code::k_out_of_memory, "the system gave no block of %zu bytes", rounded);
  size_bytes_ = rounded;
  return Status();
}

void Memory::release() {
  if (mapped_) {
    munmap(data_, size_bytes_);
  } else {
    std::free(data_);
  }
  data_ = nullptr;
  size_bytes_ = 0;
  mapped_ = false;
}

uint64_t physical_memory_bytes() {
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page_bytes = sysconf(_SC_PAGESIZE);
  if (pages <= 0 || page_bytes <= 0) return uint64_t{1} << 32;
  return static_cast<uint64_t>(pages) * static_cast<uint64_t>(page_bytes);
}

}  // namespace lite
