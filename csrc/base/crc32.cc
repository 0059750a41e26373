// SPDX-License-Identifier: Apache-2.0
#include "base/crc32.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace lite {
namespace {

constexpr uint32_t kPolynomial = 0xEDB88320u;
constexpr int kSlices = 16;

using Tables = std::array<std::array<uint32_t, 256>, kSlices>;

Tables make_tables() {
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

// Computed when they are first wanted: that takes microseconds, and saves 16 KB of the library.
const Tables& all_tables() {
  static const Tables made = make_tables();
  return made;
}

uint32_t fold_word(const Tables& tables, uint32_t word, int first_slice) {
  return tables[first_slice][word & 0xFF] ^ tables[first_slice - 1][(word >> 8) & 0xFF] ^
         tables[first_slice - 2][(word >> 16) & 0xFF] ^ tables[first_slice - 3][word >> 24];
}

uint32_t update_by_tables(uint32_t crc, const uint8_t* data, size_t size_bytes) {
  const Tables& tables = all_tables();
  for (; size_bytes >= kSlices; size_bytes -= kSlices, data += kSlices) {
    uint32_t words[4];
    std::memcpy(words, data, sizeof(words));
    crc = fold_word(tables, words[0] ^ crc, 15) ^ fold_word(tables, words[1], 11) ^
          fold_word(tables, words[2], 7) ^ fold_word(tables, words[3], 3);
  }
  for (; size_bytes > 0; --size_bytes) crc = (crc >> 8) ^ tables[0][(crc ^ *data++) & 0xFF];
  return crc;
}

#if defined(__x86_64__)

constexpr size_t kFoldedBytes = 64;  // four vectors

// x^power modulo the polynomial, as carry-less products of reflected numbers need it.
constexpr uint64_t power_of_x(int power) {
  uint32_t remainder = 0x80000000u;  // reflected 1
  for (int i = 0; i < power; ++i)
    remainder = (remainder >> 1) ^ ((remainder & 1) ? kPolynomial : 0);
  return uint64_t{remainder} << 1;
}

// A vector `bits` further on in the message: its halves are multiplied by what that makes of them.
template <int bits>
__attribute__((target("pclmul,sse4.1"))) inline __m128i shifted(__m128i x) {
  constexpr uint64_t low = power_of_x(bits + 32), high = power_of_x(bits - 32);
  const __m128i factors = _mm_set_epi64x(static_cast<long long>(high), static_cast<long long>(low));
  return _mm_xor_si128(_mm_clmulepi64_si128(x, factors, 0x00),
                       _mm_clmulepi64_si128(x, factors, 0x11));
}

// Of at least kFoldedBytes: the message is folded to 16 bytes that leave the same remainder.
__attribute__((target("pclmul,sse4.1"))) uint32_t update_by_products(uint32_t crc,
                                                                     const uint8_t* data,
                                                                     size_t size_bytes) {
  __m128i sums[4];
  const auto load = [](const uint8_t* p) __attribute__((target("pclmul,sse4.1"))) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  };
  for (int i = 0; i < 4; ++i) sums[i] = load(data + 16 * i);
  sums[0] = _mm_xor_si128(sums[0], _mm_cvtsi32_si128(static_cast<int>(crc)));
  for (data += kFoldedBytes, size_bytes -= kFoldedBytes; size_bytes >= kFoldedBytes;
       data += kFoldedBytes, size_bytes -= kFoldedBytes)
    for (int i = 0; i < 4; ++i) sums[i] = _mm_xor_si128(shifted<512>(sums[i]), load(data + 16 * i));
  for (int i = 1; i < 4; ++i) sums[i] = _mm_xor_si128(shifted<128>(sums[i - 1]), sums[i]);
  uint8_t rest[16];
  _mm_storeu_si128(reinterpret_cast<__m128i*>(rest), sums[3]);
  return update_by_tables(update_by_tables(0, rest, sizeof(rest)), data, size_bytes);
}

uint32_t update(uint32_t crc, const uint8_t* data, size_t size_bytes) {
  static const bool multiplies =
      __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
  return multiplies && size_bytes >= kFoldedBytes ? update_by_products(crc, data, size_bytes)
                                                  : update_by_tables(crc, data, size_bytes);
}

#else

uint32_t update(uint32_t crc, const uint8_t* data, size_t size_bytes) {
  return update_by_tables(crc, data, size_bytes);
}

#endif

}  // namespace

uint32_t crc32(const std::byte* bytes, size_t size_bytes) {
  return ~update(~0u, reinterpret_cast<const uint8_t*>(bytes), size_bytes);
}

}  // namespace lite
