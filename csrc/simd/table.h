// SPDX-License-Identifier: Apache-2.0
// Tables of 256 bytes in vectors, where the instruction set can look up small tables: kBytes is how
// many bytes are looked up at once, 0 where it cannot. Included by units of kernels, behind the
// flags of their ISA.
#pragma once

#include <cstdint>

#include "simd/inline.h"
#if defined(__AVX2__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace lite {
namespace {

#if defined(__AVX2__)

// A shuffle looks up 16 entries, and gives 0 where the index is negative. Each half of the table
// is 8 such pieces, and piece k holds the exclusive or of entries 16 k and 16 (k - 1) and so on.
// With the index going down by 16 from piece to piece, those up to the right one add up to its
// entry; behind it, and in the other half, indices are negative and stay so.
class ByteTable {
#if defined(__AVX512BW__)
  using Vector = __m512i;
  static LITE_INLINE Vector repeat(__m128i x) { return _mm512_broadcast_i32x4(x); }
  static LITE_INLINE Vector set(char x) { return _mm512_set1_epi8(x); }
  static LITE_INLINE Vector load(const uint8_t* p) { return _mm512_loadu_si512(p); }
  static LITE_INLINE void store(uint8_t* p, Vector x) { _mm512_storeu_si512(p, x); }
  static LITE_INLINE Vector shuffle(Vector a, Vector b) { return _mm512_shuffle_epi8(a, b); }
  static LITE_INLINE Vector bit_xor(Vector a, Vector b) { return _mm512_xor_si512(a, b); }
  static LITE_INLINE Vector minus(Vector a, Vector b) { return _mm512_subs_epi8(a, b); }
#else
  using Vector = __m256i;
  static LITE_INLINE Vector repeat(__m128i x) { return _mm256_broadcastsi128_si256(x); }
  static LITE_INLINE Vector set(char x) { return _mm256_set1_epi8(x); }
  static LITE_INLINE Vector load(const uint8_t* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  static LITE_INLINE void store(uint8_t* p, Vector x) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), x);
  }
  static LITE_INLINE Vector shuffle(Vector a, Vector b) { return _mm256_shuffle_epi8(a, b); }
  static LITE_INLINE Vector bit_xor(Vector a, Vector b) { return _mm256_xor_si256(a, b); }
  static LITE_INLINE Vector minus(Vector a, Vector b) { return _mm256_subs_epi8(a, b); }
#endif

 public:
  static constexpr int kBytes = sizeof(Vector);

  // Entry i is table[i ^ flip]; flip is 0 or 0x80.
  LITE_INLINE ByteTable(const uint8_t* table, uint8_t flip) {
    for (int half = 0; half < 2; ++half) {
      __m128i before = _mm_setzero_si128();
      for (int k = 0; k < 8; ++k) {
        const __m128i entries = _mm_loadu_si128(
            reinterpret_cast<const __m128i*>(table + ((half * 128 + k * 16) ^ flip)));
        pieces_[half][k] = repeat(_mm_xor_si128(entries, before));
        before = entries;
      }
    }
  }

  // kBytes at x to as many at y.
  LITE_INLINE void look_up(const uint8_t* x, uint8_t* y) const {
    const Vector step = set(16);
    Vector low = load(x), high = bit_xor(low, set(-128));
    Vector result = bit_xor(shuffle(pieces_[0][0], low), shuffle(pieces_[1][0], high));
    LITE_UNROLL
    for (int k = 1; k < 8; ++k) {
      low = minus(low, step);
      high = minus(high, step);
      const Vector both = bit_xor(shuffle(pieces_[0][k], low), shuffle(pieces_[1][k], high));
      result = bit_xor(result, both);
    }
    store(y, result);
  }

 private:
  Vector pieces_[2][8];
};

#elif defined(__aarch64__)

class ByteTable {
 public:
  static constexpr int kBytes = 16;

  // Entry i is table[i ^ flip]; flip is 0 or 0x80.
  LITE_INLINE ByteTable(const uint8_t* table, uint8_t flip) {
    for (int k = 0; k < 4; ++k) pieces_[k] = vld1q_u8_x4(table + ((k * 64) ^ flip));
  }

  // kBytes at x to as many at y. An index beyond a piece leaves what was found before.
  LITE_INLINE void look_up(const uint8_t* x, uint8_t* y) const {
    const uint8x16_t step = vdupq_n_u8(64);
    uint8x16_t index = vld1q_u8(x);
    uint8x16_t result = vqtbl4q_u8(pieces_[0], index);
    LITE_UNROLL
    for (int k = 1; k < 4; ++k) {
      index = vsubq_u8(index, step);
      result = vqtbx4q_u8(result, pieces_[k], index);
    }
    vst1q_u8(y, result);
  }

 private:
  uint8x16x4_t pieces_[4];
};

#else

struct ByteTable {
  static constexpr int kBytes = 0;
  ByteTable(const uint8_t*, uint8_t) {}
  void look_up(const uint8_t*, uint8_t*) const {}
};

#endif

// Lookups by permutations of bytes, an instruction of its own, which not every processor with the
// rest of AVX-512 has: entry i is table[i ^ flip], for `count` bytes of x. y may be x.
#if defined(__AVX512BW__)

inline bool permutes_bytes() { return __builtin_cpu_supports("avx512vbmi"); }

__attribute__((target("avx512vbmi"), unused)) void permute_bytes(const uint8_t* x,
                                                                 const uint8_t* table, uint8_t flip,
                                                                 uint8_t* y, int64_t count) {
  constexpr int64_t kBytes = 64;
  __m512i pieces[4];
  for (int k = 0; k < 4; ++k) pieces[k] = _mm512_loadu_si512(table + ((k * kBytes) ^ flip));
  for (int64_t i = 0; i < count; i += kBytes) {
    const __mmask64 lanes = count - i < kBytes ? ~0ULL >> (kBytes - (count - i)) : ~0ULL;
    const __m512i places = _mm512_maskz_loadu_epi8(lanes, x + i);
    const __m512i low = _mm512_permutex2var_epi8(pieces[0], places, pieces[1]);
    const __m512i high = _mm512_permutex2var_epi8(pieces[2], places, pieces[3]);
    const __m512i found = _mm512_mask_blend_epi8(_mm512_movepi8_mask(places), low, high);
    _mm512_mask_storeu_epi8(y + i, lanes, found);
  }
}

#else

constexpr bool permutes_bytes() { return false; }
inline void permute_bytes(const uint8_t*, const uint8_t*, uint8_t, uint8_t*, int64_t) {}

#endif

}  // namespace
}  // namespace lite
