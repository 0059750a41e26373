// SPDX-License-Identifier: Apache-2.0
#include "base/crc32.h"

#include <vector>

#include "check.h"

namespace {

uint32_t bit_by_bit(const std::byte* data, size_t size) {
  uint32_t crc = ~0u;
  for (size_t i = 0; i < size; ++i) {
    crc ^= static_cast<uint32_t>(data[i]);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320u : 0);
  }
  return ~crc;
}

}  // namespace

int main() {
  const char digits[] = "123456789";
  CHECK(lite::crc32(reinterpret_cast<const std::byte*>(digits), 9) == 0xCBF43926u);
  CHECK(lite::crc32(nullptr, 0) == 0);
  std::vector<std::byte> data(200000);
  uint32_t random = 1;
  for (std::byte& byte : data) {
    random = random * 1664525u + 1013904223u;
    byte = static_cast<std::byte>(random >> 24);
  }
  for (size_t begin = 0; begin < 17; ++begin)
    for (size_t size = 0; size < 700; ++size)
      CHECK(lite::crc32(data.data() + begin, size) == bit_by_bit(data.data() + begin, size));
  for (size_t size : {4095, 4096, 4097, 65536, 131071, 199983})
    CHECK(lite::crc32(data.data() + 5, size) == bit_by_bit(data.data() + 5, size));
  return check_result();
}
