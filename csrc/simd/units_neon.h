// SPDX-License-Identifier: Apache-2.0
// Units: 16 bytes of a few rows of one factor, side by side, of a piece of their depth. Two units,
// of one factor each, multiply to a vector of sums.
//   kRows, kDepth   of a unit
//   kUnits          of four rows, that are columns of the packed factor
//   kGreatest       magnitude of the packed factor's bytes
//   gather(x, unit)              the unit of these rows
//   gather_last(x, depth, unit)  likewise, of so much less of their depth, and 0s behind it
//   gather_eight(x, units, step) eight units, one behind the other in depth, `step` bytes apart
//   regroup<kVectors>(quads, count, units)   of four columns for each vector, from `count` quads of
//                                theirs in panels
//   start(bias)                  sums of kRows columns
//   multiply<kGroupUnits>(a, b, sums)   adds the products of units of rows, of kGroupUnits at a, by
//                                units of columns, and moves a and b behind them
//   finish(sums, rows)           sums of kUnits to a vector of four columns for each row
#pragma once

#include <arm_neon.h>

#include <cstdint>
#include <cstring>

#include "simd/inline.h"

#define LITE_UNITS 1

namespace lite {
namespace {

constexpr int kPanelStep = 64;  // bytes from quad to quad of a column, in panels

LITE_INLINE int32x4_t quads_at(const int8_t* p) { return vreinterpretq_s32_s8(vld1q_s8(p)); }
LITE_INLINE void store_quads(int8_t* p, int32x4_t x) { vst1q_s8(p, vreinterpretq_s8_s32(x)); }

// What is computed from x follows what the statements before this one computed: tiles have no
// registers for what compilers would load or multiply in advance.
template <class T>
LITE_INLINE void in_order(T& x) {
  asm volatile("" : "+w"(x));
}

// Moves p, by itself: loads do that as they go.
LITE_INLINE void step_on(const int8_t*& p, int64_t bytes) {
  p += bytes;
  asm volatile("" : "+r"(p));
}

// The first `depth` bytes at x, and 0s.
LITE_INLINE int8x16_t bytes_at(const int8_t* x, int64_t depth) {
  int8_t bytes[16] = {};
  std::memcpy(bytes, x, static_cast<size_t>(depth));
  return vld1q_s8(bytes);
}

#if defined(__ARM_FEATURE_MATMUL_INT8)

struct Units {
  static constexpr int kRows = 2, kDepth = 8, kUnits = 2, kGreatest = 128;
  using Sums = int32x4_t;  // of two rows by two columns

  static LITE_INLINE void gather(const int8_t* const (&x)[kRows], int8_t* unit) {
    vst1q_s8(unit, vcombine_s8(vld1_s8(x[0]), vld1_s8(x[1])));
  }
  static LITE_INLINE void gather_last(const int8_t* const (&x)[kRows], int64_t depth,
                                      int8_t* unit) {
    vst1q_s8(unit,
             vcombine_s8(vget_low_s8(bytes_at(x[0], depth)), vget_low_s8(bytes_at(x[1], depth))));
  }
  static LITE_INLINE void gather_eight(const int8_t* const (&x)[kRows], int8_t* units,
                                       int64_t step) {
    LITE_UNROLL
    for (int i = 0; i < 4; ++i) {
      const int64x2_t a = vreinterpretq_s64_s8(vld1q_s8(x[0] + i * 2 * kDepth));
      const int64x2_t b = vreinterpretq_s64_s8(vld1q_s8(x[1] + i * 2 * kDepth));
      vst1q_s8(units + 2 * i * step, vreinterpretq_s8_s64(vzip1q_s64(a, b)));
      vst1q_s8(units + (2 * i + 1) * step, vreinterpretq_s8_s64(vzip2q_s64(a, b)));
    }
  }
  template <int kVectors>
  static LITE_INLINE void regroup(const int8_t* quads, int64_t count, int8_t* units) {
    LITE_UNROLL
    for (int i = 0; i < kVectors; i += 2) {
      int8x16x4_t regrouped;
      LITE_UNROLL
      for (int j = 0; j < 2; ++j) {
        const int8_t* from = quads + 16 * (i + j);
        const int32x4_t first = quads_at(from);
        const int32x4_t second = count > 1 ? quads_at(from + kPanelStep) : vdupq_n_s32(0);
        regrouped.val[2 * j] = vreinterpretq_s8_s32(vzip1q_s32(first, second));
        regrouped.val[2 * j + 1] = vreinterpretq_s8_s32(vzip2q_s32(first, second));
      }
      vst1q_s8_x4(units + 32 * i, regrouped);
    }
  }
  static LITE_INLINE Sums start(const int32_t* bias) {
    return vreinterpretq_s32_s64(vld1q_dup_s64(reinterpret_cast<const int64_t*>(bias)));
  }
  template <int kGroupUnits, int kDown, int kAcross>
  static LITE_INLINE void multiply(const int8_t*& a, const int8_t*& b,
                                   Sums (&sums)[kDown][kAcross]) {
    int8x16_t rows[kDown];
    if constexpr (kDown == 3) {
      const int8x16x3_t three = vld1q_s8_x3(a);
      LITE_UNROLL
      for (int i = 0; i < kDown; ++i) rows[i] = three.val[i];
    } else {
      LITE_UNROLL
      for (int i = 0; i < kDown; ++i) rows[i] = vld1q_s8(a + 16 * i);
    }
    step_on(a, 16 * kGroupUnits);
    LITE_UNROLL
    for (int first = 0; first < kAcross; first += 4) {
      int8x16x4_t columns = vld1q_s8_x4(b);
      step_on(b, 64);
      LITE_UNROLL
      for (int j = 0; j < 4; ++j) {
        in_order(columns.val[j]);
        LITE_UNROLL
        for (int i = 0; i < kDown; ++i) {
          sums[i][first + j] = vmmlaq_s32(sums[i][first + j], rows[i], columns.val[j]);
          in_order(sums[i][first + j]);
        }
      }
    }
  }
  static LITE_INLINE void finish(const Sums* sums, int32x4_t (&rows)[kRows]) {
    const int64x2_t low = vreinterpretq_s64_s32(sums[0]), high = vreinterpretq_s64_s32(sums[1]);
    rows[0] = vreinterpretq_s32_s64(vzip1q_s64(low, high));
    rows[1] = vreinterpretq_s32_s64(vzip2q_s64(low, high));
  }
};

#else

struct Units {
  // Two products of bytes that are not both -128 add up within 16 bits.
  static constexpr int kRows = 1, kDepth = 16, kUnits = 4, kGreatest = 127;
  using Sums = int32x4_t;  // four parts of a sum

  static LITE_INLINE void gather(const int8_t* const (&x)[kRows], int8_t* unit) {
    vst1q_s8(unit, vld1q_s8(x[0]));
  }
  static LITE_INLINE void gather_last(const int8_t* const (&x)[kRows], int64_t depth,
                                      int8_t* unit) {
    vst1q_s8(unit, bytes_at(x[0], depth));
  }
  static LITE_INLINE void gather_eight(const int8_t* const (&x)[kRows], int8_t* units,
                                       int64_t step) {
    int8x16_t pieces[8];
    LITE_UNROLL
    for (int i = 0; i < 8; ++i) pieces[i] = vld1q_s8(x[0] + i * kDepth);
    LITE_UNROLL
    for (int i = 0; i < 8; ++i) vst1q_s8(units + i * step, pieces[i]);
  }
  template <int kVectors>
  static LITE_INLINE void regroup(const int8_t* quads, int64_t count, int8_t* units) {
    LITE_UNROLL
    for (int j = 0; j < kVectors; ++j, quads += 16, units += 64) {
      int32x4_t x[4];
      LITE_UNROLL
      for (int i = 0; i < 4; ++i)
        x[i] = i < count ? quads_at(quads + i * kPanelStep) : vdupq_n_s32(0);
      const int32x4x2_t even = vzipq_s32(x[0], x[2]), odd = vzipq_s32(x[1], x[3]);
      const int32x4x2_t low = vzipq_s32(even.val[0], odd.val[0]);
      const int32x4x2_t high = vzipq_s32(even.val[1], odd.val[1]);
      store_quads(units, low.val[0]);
      store_quads(units + 16, low.val[1]);
      store_quads(units + 32, high.val[0]);
      store_quads(units + 48, high.val[1]);
    }
  }
  static LITE_INLINE Sums start(const int32_t* bias) {
    return vld1q_lane_s32(bias, vdupq_n_s32(0), 0);
  }
  template <int kGroupUnits, int kDown, int kAcross>
  static LITE_INLINE void multiply(const int8_t*& a, const int8_t*& b,
                                   Sums (&sums)[kDown][kAcross]) {
    int8x16_t rows[kDown];
    LITE_UNROLL
    for (int i = 0; i < kDown; ++i) rows[i] = vld1q_s8(a + 16 * i);
    a += 16 * kGroupUnits;
    LITE_UNROLL
    for (int first = 0; first < kAcross; first += 2) {
      int8x16_t columns[2] = {vld1q_s8(b), vld1q_s8(b + 16)};
      b += 32;
      LITE_UNROLL
      for (int j = 0; j < 2; ++j) {
        in_order(columns[j]);
        int16x8_t products[kDown];
        LITE_UNROLL
        for (int i = 0; i < kDown; ++i)
          products[i] = vmull_s8(vget_low_s8(rows[i]), vget_low_s8(columns[j]));
        LITE_UNROLL
        for (int i = 0; i < kDown; ++i)
          products[i] = vmlal_s8(products[i], vget_high_s8(rows[i]), vget_high_s8(columns[j]));
        LITE_UNROLL
        for (int i = 0; i < kDown; ++i) {
          sums[i][first + j] = vpadalq_s16(sums[i][first + j], products[i]);
          in_order(sums[i][first + j]);
        }
      }
    }
  }
  static LITE_INLINE void finish(const Sums* sums, int32x4_t (&rows)[kRows]) {
    rows[0] = added(added(sums[0], sums[1]), added(sums[2], sums[3]));
  }

 private:
  // Neighbouring elements of a, then of b.
  static LITE_INLINE int32x4_t added(int32x4_t a, int32x4_t b) {
#if defined(__aarch64__)
    return vpaddq_s32(a, b);
#else
    return vcombine_s32(vpadd_s32(vget_low_s32(a), vget_high_s32(a)),
                        vpadd_s32(vget_low_s32(b), vget_high_s32(b)));
#endif
  }
};

#endif

}  // namespace
}  // namespace lite
