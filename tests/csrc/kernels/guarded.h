// SPDX-License-Identifier: Apache-2.0
// Memory that ends right before a page that nobody may touch, and random numbers to fill it.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

namespace guarded {

class Floats {
 public:
  explicit Floats(int64_t count) : count_(static_cast<size_t>(count)) {
    const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const size_t bytes = (count_ * sizeof(float) + page - 1) / page * page;
    size_ = bytes + page;
    base_ = static_cast<std::byte*>(
        mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(base_ + bytes, page, PROT_NONE);
    data_ = reinterpret_cast<float*>(base_ + bytes) - count_;
  }
  Floats(const Floats&) = delete;
  ~Floats() { munmap(base_, size_); }

  float* data() { return data_; }
  const float* data() const { return data_; }
  float& operator[](int64_t i) { return data_[i]; }
  float operator[](int64_t i) const { return data_[i]; }
  int64_t size() const { return static_cast<int64_t>(count_); }

 private:
  size_t count_, size_;
  std::byte* base_;
  float* data_;
};

class Random {
 public:
  float next() {  // in [-1, 1)
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<float>(static_cast<int64_t>(state_) >> 40) / 8388608.0f;
  }
  void fill(Floats& floats) {
    for (int64_t i = 0; i < floats.size(); ++i) floats[i] = next();
  }

 private:
  uint64_t state_ = 1;
};

}  // namespace guarded
