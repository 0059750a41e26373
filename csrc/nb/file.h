// SPDX-License-Identifier: Apache-2.0
// The bytes of an .nb file: mapped from disk, or the caller's memory, never copied if it can be
// avoided.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/arena.h"
#include "base/status.h"

namespace lite {

class FileBytes {
 public:
  FileBytes() = default;
  ~FileBytes();
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;

  [[nodiscard]] Status map(const std::string& path);
  // With an owner the bytes stay in use and the owner is kept; without one, or when they are not
  // 64-byte aligned, they are copied.
  [[nodiscard]] Status take(const void* data, size_t size_bytes, std::shared_ptr<const void> owner);

  [[nodiscard]] const std::byte* data() const { return data_; }
  [[nodiscard]] size_t size_bytes() const { return size_bytes_; }

 private:
  const std::byte* data_ = nullptr;
  size_t size_bytes_ = 0;
  bool mapped_ = false;
  Memory copy_;
  std::shared_ptr<const void> owner_;
};

}  // namespace lite
