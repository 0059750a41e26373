// SPDX-License-Identifier: Apache-2.0
// Quads in vectors of 16, 32 and 64 bytes. Zips stay within 16 bytes, and so do the packs that undo
// them. Dot products of bytes want one factor unsigned: inputs become so by adding 128. Without
// them, bytes become 16 bits wide and meet in pairs, unless weights are narrow.
#pragma once

#include "simd/bytes_x86.h"
#include "simd/quads.h"

namespace lite {
namespace {

// Bytes without sign as they are, four in a sum.
template <class V>
struct ByteProducts {
  using Part = typename V::s32;
  using Weight = int8_t;
  static constexpr int kOffset = 128;

  static LITE_INLINE Part part(Part bytes) { return V::flip(bytes); }
  static constexpr int place(int tap, int channel) { return 4 * channel + tap; }
  static LITE_INLINE typename V::s32 weights(const Weight* w) { return V::load(w); }
};

#if defined(__AVX512VNNI__) || defined(__AVXVNNI__)
constexpr bool kQuadsInOneStep = true, kNarrowQuads = false;

template <class V>
struct Products : ByteProducts<V> {
  using s32 = typename V::s32;
  // One statement of assembly, as GCC 12 copies the sum of the intrinsic around.
  static LITE_INLINE s32 dot(s32 sum, s32 x, s32 w, int, int) {
#if defined(__AVX512VNNI__)
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(x), "v"(w));
#else
    __asm__("%{vex%} vpdpbusd %2, %1, %0" : "+x"(sum) : "x"(x), "x"(w));
#endif
    return sum;
  }
};
#else
constexpr bool kQuadsInOneStep = false, kNarrowQuads = true;

template <class V>
struct Products {
  struct Part {
    typename V::s32 even, odd;
  };
  using Weight = int16_t;
  static constexpr int kOffset = 0;

  static LITE_INLINE Part part(typename V::s32 bytes) {
    return {V::even_bytes(bytes), V::odd_bytes(bytes)};
  }
  static constexpr int place(int tap, int channel) {
    return tap % 2 * (V::kBytes / 2) + 2 * channel + tap / 2;
  }
  static LITE_INLINE Part weights(const Weight* w) {
    return {V::load(w), V::load(w + V::kBytes / 2)};
  }
  static LITE_INLINE typename V::s32 dot(typename V::s32 sum, const Part& x, const Part& w,
                                         int first, int end) {
    const bool even = first == 0 || (first <= 2 && end > 2);
    const bool odd = first % 2 == 1 || end - first > 1;
    if (even) sum = V::add_products(sum, x.even, w.even);
    if (odd) sum = V::add_products(sum, x.odd, w.odd);
    return sum;
  }
};

template <class V>
struct NarrowProducts : ByteProducts<V> {
  using s32 = typename V::s32;
  static LITE_INLINE s32 dot(s32 sum, s32 x, s32 w, int, int) {
    return add_narrow_quads<V>(sum, x, w);
  }
};
#endif

template <class V, class P>
struct X86Quads : P {
  using s32 = typename V::s32;
  using f32 = typename V::f32;
  using Part = typename P::Part;
  static constexpr int kBlock = V::kBytes;
  static constexpr int kPartChannels = kBlock / 4;
  static constexpr int32_t kAdded = 0;

  struct Bounds {
    explicit LITE_INLINE Bounds(const Placement& to)
        : zero(V::broadcast16(to.zero_point)), lo(V::broadcast8(to.lo)), hi(V::broadcast8(to.hi)) {}
    s32 zero, lo, hi;
  };

  static LITE_INLINE s32 load(const int32_t* p) { return V::load(p); }
  static LITE_INLINE void zip(const int8_t* const (&pixels)[4], Part (&parts)[4]) {
    const s32 p0 = V::load(pixels[0]), p1 = V::load(pixels[1]);
    const s32 p2 = V::load(pixels[2]), p3 = V::load(pixels[3]);
    const s32 low01 = V::zip8_low(p0, p1), low23 = V::zip8_low(p2, p3);
    const s32 high01 = V::zip8_high(p0, p1), high23 = V::zip8_high(p2, p3);
    parts[0] = P::part(V::zip16_low(low01, low23));
    parts[1] = P::part(V::zip16_high(low01, low23));
    parts[2] = P::part(V::zip16_low(high01, high23));
    parts[3] = P::part(V::zip16_high(high01, high23));
  }
  static constexpr int channel(int part, int i) { return i / 4 * 16 + 4 * part + i % 4; }
  static LITE_INLINE f32 load(const float* p) { return V::load_f32(p); }
  static LITE_INLINE void store(int8_t* y, const s32 (&sums)[4], const f32 (&scales)[4],
                                const Bounds& bounds) {
    s32 steps[4];
    LITE_UNROLL
    for (int part = 0; part < 4; ++part) steps[part] = V::steps(sums[part], scales[part]);
    place_steps(y, steps, bounds);
  }

 protected:
  static LITE_INLINE void place_steps(int8_t* y, const s32 (&steps)[4], const Bounds& bounds) {
    const s32 low = V::add16(V::narrow32(steps[0], steps[1]), bounds.zero);
    const s32 high = V::add16(V::narrow32(steps[2], steps[3]), bounds.zero);
    V::store(y, V::max8(bounds.lo, V::min8(bounds.hi, V::narrow16(low, high))));
  }
};

template <int kBlock>
struct Quads : X86Quads<Bytes<kBlock>, Products<Bytes<kBlock>>> {};
template <int kBlock>
struct TwiceQuads : Quads<kBlock> {
  using V = Bytes<kBlock>;
  static LITE_INLINE void store(int8_t* y, const typename V::s32 (&sums)[4],
                                const typename V::f32 (&scales)[4],
                                const typename Quads<kBlock>::Bounds& bounds) {
    typename V::s32 steps[4];
    LITE_UNROLL
    for (int part = 0; part < 4; ++part) steps[part] = V::steps_twice(sums[part], scales[part]);
    Quads<kBlock>::place_steps(y, steps, bounds);
  }
};
constexpr bool kTwiceQuads = true;
#if !defined(__AVX512VNNI__) && !defined(__AVXVNNI__)
template <int kBlock>
struct NarrowQuads : X86Quads<Bytes<kBlock>, NarrowProducts<Bytes<kBlock>>> {};
#endif

constexpr bool kQuadsOfSmallSums = false;
#if defined(__AVX512BW__)
constexpr int kGreatestBlock = 64;
#else
constexpr int kGreatestBlock = 32;
#endif

}  // namespace
}  // namespace lite
