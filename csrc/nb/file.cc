// SPDX-License-Identifier: Apache-2.0
#include "nb/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

namespace lite {
namespace {

Status io_error(const char* what) {
  return error(Code::k_io_error, "%s: %s", what, std::strerror(errno));
}

class Descriptor {
 public:
  explicit Descriptor(const std::string& path)
      : number_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

}  // namespace

FileBytes::~FileBytes() {
  if (mapped_) munmap(const_cast<std::byte*>(data_), size_bytes_);
}

Status FileBytes::map(const std::string& path) {
  Descriptor file(path);
  if (file.number() < 0) return io_error("cannot open the file");
  struct stat facts;
  if (fstat(file.number(), &facts) != 0) return io_error("cannot read the file's size");
  if (!S_ISREG(facts.st_mode)) return error(Code::k_io_error, "not a regular file");
  if (facts.st_size == 0) return error(Code::k_corrupt_file, "the file is empty");
  size_bytes_ = static_cast<size_t>(facts.st_size);
  void* address = mmap(nullptr, size_bytes_, PROT_READ, MAP_PRIVATE, file.number(), 0);
  if (address == MAP_FAILED) return io_error("cannot map the file");
  data_ = static_cast<const std::byte*>(address);
  mapped_ = true;
  return Status();
}

Status FileBytes::take(const void* data, size_t size_bytes, std::shared_ptr<const void> owner) {
  size_bytes_ = size_bytes;
  if (owner != nullptr && reinterpret_cast<uintptr_t>(data) % kAlignment == 0) {
    owner_ = std::move(owner);
    data_ = static_cast<const std::byte*>(data);
    return Status();
  }
  LITE_RETURN_IF_ERROR(copy_.allocate(size_bytes));
  if (size_bytes != 0) std::memcpy(copy_.data(), data, size_bytes);
  data_ = copy_.data();
  return Status();
}

}  // namespace lite
