// SPDX-License-Identifier: Apache-2.0
#include "kernels/pairs/pairs.h"
#include "simd/inline.h"

namespace lite::pairs {
namespace {

struct Add {
  static LITE_INLINE float steps(int32_t a, int32_t b, const Parameters& p) {
    return scaled(a, p.a_scale) + scaled(b, p.b_scale);
  }
  static LITE_INLINE Simd::f32 steps(Simd::f32 a, Simd::f32 b, Simd::f32 a_scale,
                                     Simd::f32 b_scale) {
    return Simd::add(Simd::mul(a, a_scale), Simd::mul(b, b_scale));
  }
};

struct Mul {
  static LITE_INLINE float steps(int32_t a, int32_t b, const Parameters& p) {
    // The product of halves may take 33 bits, and doubles hold it.
    return static_cast<float>(static_cast<double>(a) * static_cast<double>(b)) * p.a_scale;
  }
  // Products of bytes are floats.
  static LITE_INLINE Simd::f32 steps(Simd::f32 a, Simd::f32 b, Simd::f32 scale, Simd::f32) {
    return Simd::mul(Simd::mul(a, b), scale);
  }
};

// Operands of one row, by how they advance.
template <class T>
struct Advancing {
  const T* data;
  LITE_INLINE int32_t operator[](int64_t i) const { return data[i]; }
};
struct Constant {
  int32_t value;
  LITE_INLINE int32_t operator[](int64_t) const { return value; }
};

// y may be an operand: each element is read before it is written.
template <class Function, class Left, class Right>
LITE_INLINE void row(const Left a, const Right b, int16_t* y, int64_t columns,
                     const Parameters& p) {
  LITE_INDEPENDENT
  for (int64_t i = 0; i < columns; ++i)
    y[i] = static_cast<int16_t>(placed(Function::steps(a[i] - p.a_zero, b[i] - p.b_zero, p), p.to));
}

// Of bytes, from `i` on; without `count` lanes, the whole vector.
LITE_INLINE Simd::s32 vector_at(const Advancing<int8_t>& x, int64_t i) {
  return Simd::load_s8(x.data + i);
}
LITE_INLINE Simd::s32 vector_at(const Advancing<int8_t>& x, int64_t i, int count) {
  return Simd::load_s8_partial(x.data + i, count);
}
LITE_INLINE Simd::s32 vector_at(const Constant& x, int64_t) { return Simd::broadcast(x.value); }
LITE_INLINE Simd::s32 vector_at(const Constant& x, int64_t, int) {
  return Simd::broadcast(x.value);
}

// What rows of bytes share, in vectors.
template <class Function>
struct Vectors {
  Simd::s32 a_zero, b_zero;
  Simd::f32 a_scale, b_scale, low, high;
  Simd::Bounds bounds;

  explicit LITE_INLINE Vectors(const Parameters& p)
      : a_zero(Simd::broadcast(p.a_zero)),
        b_zero(Simd::broadcast(p.b_zero)),
        a_scale(Simd::broadcast(p.a_scale)),
        b_scale(Simd::broadcast(p.b_scale)),
        low(Simd::broadcast(static_cast<float>(p.to.lo - p.to.zero_point))),
        high(Simd::broadcast(static_cast<float>(p.to.hi - p.to.zero_point))),
        bounds(Simd::bounds(p.to.zero_point, p.to.lo, p.to.hi)) {}
  [[nodiscard]] LITE_INLINE Simd::s32 of(Simd::s32 a, Simd::s32 b) const {
    const Simd::f32 steps = Function::steps(Simd::to_f32(Simd::sub(a, a_zero)),
                                            Simd::to_f32(Simd::sub(b, b_zero)), a_scale, b_scale);
    return Simd::round_to_s32(Simd::min(Simd::max(steps, low), high));
  }
};

// kCount vectors from column i on.
template <int kCount, class Function, class Left, class Right>
LITE_INLINE void columns_of(const Left& a, const Right& b, int8_t* y, int64_t i,
                            const Vectors<Function>& vectors) {
  Simd::s32 steps[kCount];
  LITE_UNROLL
  for (int v = 0; v < kCount; ++v)
    steps[v] = vectors.of(vector_at(a, i + v * Simd::kWidth), vector_at(b, i + v * Simd::kWidth));
  Simd::store_bounded_s8(y + i, steps, vectors.bounds);
}

template <class Function, class Left, class Right>
LITE_INLINE void row(const Left a, const Right b, int8_t* y, int64_t columns, const Parameters& p) {
  constexpr int kWidth = Simd::kWidth;
  const Vectors<Function> vectors(p);
  int64_t i = 0;
  for (; i + 4 * kWidth <= columns; i += 4 * kWidth) columns_of<4>(a, b, y, i, vectors);
  for (; i + kWidth <= columns; i += kWidth) columns_of<1>(a, b, y, i, vectors);
  if (i == columns) return;
  const int rest = static_cast<int>(columns - i);
  const Simd::s32 steps[1] = {vectors.of(vector_at(a, i, rest), vector_at(b, i, rest))};
  Simd::store_bounded_s8_partial(y + i, steps, vectors.bounds, rest);
}

template <class Function, class T>
void apply(const binary::Rows& rows) {
  const Parameters p = *static_cast<const Parameters*>(rows.parameters);
  const T* a = static_cast<const T*>(rows.a);
  const T* b = static_cast<const T*>(rows.b);
  T* y = static_cast<T*>(rows.y);
  for (int64_t r = 0; r < rows.rows; ++r) {
    if (rows.a_step == 0)
      row<Function>(Constant{*a}, Advancing<T>{b}, y, rows.columns, p);
    else if (rows.b_step == 0)
      row<Function>(Advancing<T>{a}, Constant{*b}, y, rows.columns, p);
    else
      row<Function>(Advancing<T>{a}, Advancing<T>{b}, y, rows.columns, p);
    a += rows.a_row;
    b += rows.b_row;
    y += rows.columns;
  }
}

}  // namespace

extern const Kernels LITE_KERNELS;
const Kernels LITE_KERNELS = {apply<Add, int8_t>, apply<Add, int16_t>, apply<Mul, int8_t>,
                              apply<Mul, int16_t>};

}  // namespace lite::pairs
