// SPDX-License-Identifier: Apache-2.0
#include "base/crc32.h"

#include <array>
#include <cstring>

namespace lite {
namespace {

constexpr uint32_t kPolynomial = 0xEDB88320u;
constexpr int kSlices = 16;

using Tables = std::array<std::array<uint32_t, 256>, kSlices>;

constexpr Tables make_tables() {
  Tables tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t remainder = byte;
    for (int bit = 0; bit < 8; ++bit)
      remainder = (remainder >> 1) ^ ((remainder & 1) ? kPolynomial : 0);
    tables[0][byte] = remainder;
  }
  for (int slice = 1; slice < kSlices; ++slice)
    for (int byte = 0; byte < 256; ++byte) {
      const uint32_t previous = tables[slice - 1][byte];
      tables[slice][byte] = (previous >> 8) ^ tables[0][previous & 0xFF];
    }
  return tables;
}

constexpr Tables kTables = make_tables();

uint32_t update_bytewise(uint32_t crc, const uint8_t* data, size_t size) {
  for (size_t i = 0; i < size; ++i) crc = (crc >> 8) ^ kTables[0][(crc ^ data[i]) & 0xFF];
  return crc;
}

uint32_t fold_word(uint32_t word, int first_slice) {
  return kTables[first_slice][word & 0xFF] ^ kTables[first_slice - 1][(word >> 8) & 0xFF] ^
         kTables[first_slice - 2][(word >> 16) & 0xFF] ^ kTables[first_slice - 3][word >> 24];
}

}  // namespace

uint32_t crc32(const std::byte* bytes, size_t size_bytes) {
  const uint8_t* data = reinterpret_cast<const uint8_t*>(bytes);
  uint32_t crc = ~0u;
  for (; size_bytes >= kSlices; size_bytes -= kSlices, data += kSlices) {
    uint32_t words[4];
    std::memcpy(words, data, sizeof(words));
    crc = fold_word(words[0] ^ crc, 15) ^ fold_word(words[1], 11) ^ fold_word(words[2], 7) ^
          fold_word(words[3], 3);
  }
  return ~update_bytewise(crc, data, size_bytes);
}

}  // namespace lite
