// SPDX-License-Identifier: Apache-2.0
#if defined(__aarch64__)
#include <arm_neon.h>
#endif

#include <limits>

#include "base/requant.h"
#include "kernels/scaling/scaling.h"
#include "simd/inline.h"

namespace lite::scaling {
namespace {

// Plain loops: the compiler turns them into vectors.
template <class Integer>
void quantize_run(const void* x, void* y, int64_t count, const Scaling& scaling) {
  const Placement to = {scaling.zero_point, std::numeric_limits<Integer>::min(),
                        std::numeric_limits<Integer>::max()};
  const float* from = static_cast<const float*>(x);
  Integer* out = static_cast<Integer*>(y);
  const float* scales = scaling.scales;
  if (scaling.each) {
    for (int64_t i = 0; i < count; ++i)
      out[i] = static_cast<Integer>(quantize(from[i], scales[i], to));
    return;
  }
  const float scale = *scales;
  for (int64_t i = 0; i < count; ++i) out[i] = static_cast<Integer>(quantize(from[i], scale, to));
}

// Steps of one scale, rounded and bounded, as `quantize` has them. A product with the reciprocal is
// less than 2^-13 from the quotient, which is below 2^8: it has the same nearest integer unless it
// is nearly halfway between two. Then, and where there is a NaN, the vectors are divided.
class Steps {
 public:
  static constexpr int kVectors = 4;
  static constexpr float kMiddle = 12582912.0f;  // as `rounded` has it: sums end with integers

  explicit LITE_INLINE Steps(const Scaling& by)
      : scale_(Simd::broadcast(*by.scales)),
        reciprocal_(Simd::broadcast(1.0f / *by.scales)),
        low_(Simd::broadcast(static_cast<float>(INT8_MIN - by.zero_point))),
        high_(Simd::broadcast(static_cast<float>(INT8_MAX - by.zero_point))) {}

  // Magnitudes are compared as integers: that of a NaN is greater than any. Steps come with kMiddle
  // added to them.
  template <int kCount>
  LITE_INLINE void of(const Simd::f32 (&x)[kCount], Simd::f32 (&steps)[kCount]) const {
    const Simd::f32 middle = Simd::broadcast(kMiddle);
    Simd::s32 farthest;
    LITE_UNROLL
    for (int i = 0; i < kCount; ++i) {
      const Simd::f32 near = bounded(Simd::mul(x[i], reciprocal_));
      steps[i] = Simd::add(near, middle);
      const Simd::f32 away = Simd::abs(Simd::sub(near, Simd::sub(steps[i], middle)));
      farthest = i == 0 ? Simd::bits(away) : Simd::max(farthest, Simd::bits(away));
    }
    const Simd::s32 greatest = Simd::bits(Simd::broadcast(0.5f - 0x1p-13f));
    if (Simd::all(Simd::less_equal(farthest, greatest))) return;
    LITE_UNROLL
    for (int i = 0; i < kCount; ++i) {
      const Simd::f32 quotient = Simd::div(x[i], scale_);
      const Simd::f32 zero = Simd::broadcast(0.0f);
      const Simd::mask is_nan = Simd::is_nan(quotient);
      steps[i] = Simd::add(bounded(Simd::select(is_nan, zero, quotient)), middle);
    }
  }

 private:
  // A NaN stays one.
  [[nodiscard]] LITE_INLINE Simd::f32 bounded(Simd::f32 x) const {
    return Simd::min(high_, Simd::max(low_, x));
  }

  Simd::f32 scale_, reciprocal_, low_, high_;
};

template <int kCount>
LITE_INLINE void integers(const Simd::f32 (&steps)[kCount], Simd::s32 (&whole)[kCount]) {
  const Simd::s32 middle = Simd::bits(Simd::broadcast(Steps::kMiddle));
  LITE_UNROLL
  for (int i = 0; i < kCount; ++i) whole[i] = Simd::sub(Simd::bits(steps[i]), middle);
}

// Stores steps that are bounded, and the zero point with them.
template <class Vector>
LITE_INLINE void store_steps(int8_t* y, const Vector (&steps)[Steps::kVectors],
                             const Simd::Bounds& bounds) {
  Simd::s32 whole[Steps::kVectors];
  integers(steps, whole);
  Simd::store_bounded_s8(y, whole, bounds);
}

#if defined(__aarch64__)
// The low bytes are the integers'.
LITE_INLINE void store_steps(int8_t* y, const float32x4_t (&steps)[Steps::kVectors],
                             const Simd::Bounds& bounds) {
  int8x16_t halves[2];
  LITE_UNROLL
  for (int i = 0; i < 2; ++i)
    halves[i] = vreinterpretq_s8_s16(
        vuzp1q_s16(vreinterpretq_s16_f32(steps[2 * i]), vreinterpretq_s16_f32(steps[2 * i + 1])));
  const int8x16_t bytes = vuzp1q_s8(halves[0], halves[1]);
  vst1q_s8(y, vaddq_s8(bytes, vdupq_n_s8(static_cast<int8_t>(bounds.added))));
}
#endif

void quantize_s8(const void* x, void* y, int64_t count, const Scaling& scaling) {
  if (scaling.each) return quantize_run<int8_t>(x, y, count, scaling);
  constexpr int64_t kWidth = Simd::kWidth, kBlock = Steps::kVectors * kWidth;
  const float* from = static_cast<const float*>(x);
  int8_t* out = static_cast<int8_t*>(y);
  const Steps all(scaling);
  const Simd::Bounds bounds = Simd::bounds(scaling.zero_point, INT8_MIN, INT8_MAX);
  int64_t i = 0;
  for (; i + kBlock <= count; i += kBlock) {
    Simd::f32 reals[Steps::kVectors], steps[Steps::kVectors];
    LITE_UNROLL
    for (int v = 0; v < Steps::kVectors; ++v) reals[v] = Simd::load(from + i + v * kWidth);
    all.of(reals, steps);
    store_steps(out + i, steps, bounds);
  }
  for (; i < count; i += kWidth) {
    const int rest = static_cast<int>(count - i < kWidth ? count - i : kWidth);
    const Simd::f32 reals[1] = {Simd::load_partial(from + i, rest)};
    Simd::f32 steps[1];
    Simd::s32 whole[1];
    all.of(reals, steps);
    integers(steps, whole);
    Simd::store_bounded_s8_partial(out + i, whole, bounds, rest);
  }
}

void place_s8(const float* x, float scale, const Placement& given, int8_t* y, int64_t count) {
  const Placement to = given;  // a copy, which bytes written to y cannot alias
  for (int64_t i = 0; i < count; ++i) y[i] = static_cast<int8_t>(placed(x[i] * scale, to));
}

template <class Integer>
float real_of(Integer q, float scale, int32_t zero_point) {
  if constexpr (sizeof(Integer) < 4)
    return dequantize(q, scale, zero_point);
  else  // the difference may take 33 bits
    return static_cast<float>(int64_t{q} - zero_point) * scale;
}

template <class Integer>
void dequantize_run(const void* x, void* y, int64_t count, const Scaling& scaling) {
  const int32_t zero_point = scaling.zero_point;
  const Integer* from = static_cast<const Integer*>(x);
  float* out = static_cast<float*>(y);
  const float* scales = scaling.scales;
  if (scaling.each) {
    for (int64_t i = 0; i < count; ++i) out[i] = real_of(from[i], scales[i], zero_point);
    return;
  }
  const float scale = *scales;
  for (int64_t i = 0; i < count; ++i) out[i] = real_of(from[i], scale, zero_point);
}

}  // namespace

extern const Kernels LITE_KERNELS;
const Kernels LITE_KERNELS = {
    quantize_s8,
    quantize_run<uint8_t>,
    quantize_run<int16_t>,
    place_s8,
    dequantize_run<int8_t>,
    dequantize_run<uint8_t>,
    dequantize_run<int16_t>,
    dequantize_run<int32_t>,
};

}  // namespace lite::scaling
