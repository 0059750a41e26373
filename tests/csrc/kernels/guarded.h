// SPDX-License-Identifier: Apache-2.0
// Memory that ends right before a page that nobody may touch, and random numbers to fill it.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

namespace guarded {

template <class T>
class Array {
 public:
  explicit Array(int64_t count) : count_(static_cast<size_t>(count)) {
    const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const size_t bytes = (count_ * sizeof(T) + page - 1) / page * page;
    size_ = bytes + page;
    base_ = static_cast<std::byte*>(
        mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(base_ + bytes, page, PROT_NONE);
    data_ = reinterpret_cast<T*>(base_ + bytes) - count_;
  }
  Array(const Array&) = delete;
  ~Array() { munmap(base_, size_); }

  T* data() { return data_; }
  const T* data() const { return data_; }
  T& operator[](int64_t i) { return data_[i]; }
  T operator[](int64_t i) const { return data_[i]; }
  int64_t size() const { return static_cast<int64_t>(count_); }

 private:
  size_t count_, size_;
  std::byte* base_;
  T* data_;
};

using Floats = Array<float>;
using Bytes = Array<int8_t>;

class Random {
 public:
  float next() {  // in [-1, 1)
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<float>(static_cast<int64_t>(state_) >> 40) / 8388608.0f;
  }
  void fill(Floats& floats) {
    for (int64_t i = 0; i < floats.size(); ++i) floats[i] = next();
  }
  int32_t integer(int32_t lo, int32_t hi) {  // in [lo, hi]
    const int64_t count = int64_t{hi} - lo + 1;
    return static_cast<int32_t>(
        lo + static_cast<int64_t>((next() + 1.0f) * 0.5f * static_cast<float>(count)));
  }

 private:
  uint64_t state_ = 1;
};

}  // namespace guarded
