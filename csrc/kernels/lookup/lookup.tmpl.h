// SPDX-License-Identifier: Apache-2.0
#include "kernels/lookup/lookup.h"
#include "simd/table.h"

namespace lite::lookup {
namespace {

constexpr int64_t kMany = 256;  // bytes for which it pays to turn the table into vectors

template <class Entry>
void look_up(const uint8_t* x, const Entry* table, uint8_t flip, Entry* y, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] = table[x[i] ^ flip];
}

#if defined(__AVX512BW__)

#define LITE_PERMUTES_BYTES __attribute__((target("avx512vbmi")))

// Entries by a permutation of two registers, for each half of the table.
LITE_PERMUTES_BYTES void permute_bytes(const uint8_t* x, const uint8_t* table, uint8_t flip,
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

// An instruction of its own, which not every processor with the rest of the set has.
bool permutes_bytes() { return __builtin_cpu_supports("avx512vbmi"); }

#else

void permute_bytes(const uint8_t*, const uint8_t*, uint8_t, uint8_t*, int64_t) {}
constexpr bool permutes_bytes() { return false; }

#endif

void bytes(const uint8_t* x, const uint8_t* table, uint8_t flip, uint8_t* y, int64_t count) {
  if (permutes_bytes()) return permute_bytes(x, table, flip, y, count);
  int64_t done = 0;
  if constexpr (ByteTable::kBytes > 0) {
    if (count >= kMany) {
      const ByteTable vectors(table, flip);
      for (; done + ByteTable::kBytes <= count; done += ByteTable::kBytes)
        vectors.look_up(x + done, y + done);
    }
  }
  look_up(x + done, table, flip, y + done, count - done);
}

}  // namespace

extern const Kernels LITE_KERNELS;
const Kernels LITE_KERNELS = {bytes, look_up<float>};

}  // namespace lite::lookup
