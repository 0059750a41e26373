// SPDX-License-Identifier: Apache-2.0
// Tiles of AMX: eight registers of up to 16 rows of 64 bytes, whose shapes a configuration of the
// thread says. Statements of assembly: the numbers of the tiles are constants of templates here,
// and they are ordered with what else touches memory.
#pragma once

#include <cstdint>

#include "simd/x86_avx512.h"

namespace lite {
namespace {

struct Tiles {
  static constexpr int kRows = 16, kRowBytes = 64;

  struct alignas(64) Shapes {
    uint8_t palette = 1, start_row = 0, reserved[14] = {};
    uint16_t row_bytes[16] = {};
    uint8_t rows[16] = {};
  };

  static LITE_INLINE void shape(Shapes& shapes, int tile, int64_t rows, int64_t row_bytes) {
    shapes.rows[tile] = static_cast<uint8_t>(rows);
    shapes.row_bytes[tile] = static_cast<uint16_t>(row_bytes);
  }
  // Tiles are 0 afterwards.
  static LITE_INLINE void configure(const Shapes& shapes) {
    asm volatile("ldtilecfg %0" ::"m"(shapes));
  }
  static LITE_INLINE void release() { asm volatile("tilerelease"); }

  // Rows are `stride` bytes apart.
  template <int kTile>
  static LITE_INLINE void load(const void* p, int64_t stride) {
    asm volatile("tileloadd (%0,%1,1), %%tmm%c2" ::"r"(p), "r"(stride), "i"(kTile) : "memory");
  }
  template <int kTile>
  static LITE_INLINE void store(void* p, int64_t stride) {
    asm volatile("tilestored %%tmm%c2, (%0,%1,1)" ::"r"(p), "r"(stride), "i"(kTile) : "memory");
  }
  // Adds the products of rows of quads of bytes in kA and columns of such quads in kB.
  template <int kSums, int kA, int kB>
  static LITE_INLINE void add_products() {
    asm volatile("tdpbssd %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(kSums), "i"(kA), "i"(kB));
  }

  // The same with pairs of bf16; sums are floats.
  template <int kSums, int kA, int kB>
  static LITE_INLINE void add_bf16_products() {
    asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(kSums), "i"(kA), "i"(kB));
  }
  template <int kTile>
  static LITE_INLINE void zero() {
    asm volatile("tilezero %%tmm%c0" ::"i"(kTile));
  }

  // Whether so many rows, 1 to 16, are as far apart as the first two.
  static LITE_INLINE bool evenly_spaced(const int8_t* const* rows, int64_t count) {
    const uint32_t gaps = (uint32_t{1} << (count - 1)) - 1;
    if (gaps == 0) return true;
    const __m512i first = _mm512_set1_epi64(rows[1] - rows[0]);
    const auto uneven = [&](int64_t i, uint32_t gaps_here) {
      const __mmask8 mask = static_cast<__mmask8>(gaps_here);
      const __m512i from = _mm512_maskz_loadu_epi64(mask, rows + i);
      const __m512i to = _mm512_maskz_loadu_epi64(mask, rows + i + 1);
      return _mm512_mask_cmpneq_epi64_mask(mask, _mm512_sub_epi64(to, from), first) != 0;
    };
    return !uneven(0, gaps & 0xFF) && !uneven(8, gaps >> 8);
  }
  // Row after row, the bytes [begin, end) of 64 from `offset` on; zeros around them.
  static LITE_INLINE void gather(const int8_t* const* rows, int64_t count, int64_t offset,
                                 int64_t begin, int64_t end, int8_t* target) {
    const uint64_t before_end = end < 64 ? (uint64_t{1} << end) - 1 : ~uint64_t{0};
    const __mmask64 mask = before_end & (~uint64_t{0} << begin);
    for (int64_t i = 0; i < count; ++i)
      _mm512_store_si512(target + i * kRowBytes, _mm512_maskz_loadu_epi8(mask, rows[i] + offset));
  }
};

}  // namespace
}  // namespace lite
