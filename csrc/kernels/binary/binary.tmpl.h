// SPDX-License-Identifier: Apache-2.0
#include "kernels/binary/binary.h"
#include "simd/special.h"

namespace lite::binary {
namespace {

using f32 = Simd::f32;

struct add {
  static LITE_INLINE f32 apply(f32 a, f32 b) { return Simd::add(a, b); }
};
struct div {
  static LITE_INLINE f32 apply(f32 a, f32 b) { return Simd::div(a, b); }
};
struct max {
  static LITE_INLINE f32 apply(f32 a, f32 b) { return max_or_nan(a, b); }
};
struct min {
  static LITE_INLINE f32 apply(f32 a, f32 b) { return min_or_nan(a, b); }
};
struct mul {
  static LITE_INLINE f32 apply(f32 a, f32 b) { return Simd::mul(a, b); }
};
struct prelu {
  static LITE_INLINE f32 apply(f32 x, f32 slope) {
    return Simd::select(Simd::less(x, Simd::broadcast(0.0f)), Simd::mul(x, slope), x);
  }
};
struct sub {
  static LITE_INLINE f32 apply(f32 a, f32 b) { return Simd::sub(a, b); }
};

struct equal {
  static LITE_INLINE bool apply(float a, float b) { return a == b; }
};
struct greater {
  static LITE_INLINE bool apply(float a, float b) { return a > b; }
};
struct greater_equal {
  static LITE_INLINE bool apply(float a, float b) { return a >= b; }
};
struct less {
  static LITE_INLINE bool apply(float a, float b) { return a < b; }
};
struct less_equal {
  static LITE_INLINE bool apply(float a, float b) { return a <= b; }
};
struct not_equal {
  static LITE_INLINE bool apply(float a, float b) { return a != b; }
};

// Operands of one row, by how they advance.
struct Vectors {
  const float* data;
  LITE_INLINE f32 load(int64_t i) const { return Simd::load(data + i); }
  LITE_INLINE f32 load_partial(int64_t i, int count) const {
    return Simd::load_partial(data + i, count);
  }
};
struct Scalar {
  f32 value;
  LITE_INLINE f32 load(int64_t) const { return value; }
  LITE_INLINE f32 load_partial(int64_t, int) const { return value; }
};

template <class Function, class Left, class Right>
LITE_INLINE void row(Left a, Right b, float* y, int64_t columns) {
  int64_t i = 0;
  for (; i + Simd::kWidth <= columns; i += Simd::kWidth)
    Simd::store(y + i, Function::apply(a.load(i), b.load(i)));
  if (i == columns) return;
  const int rest = static_cast<int>(columns - i);
  Simd::store_partial(y + i, Function::apply(a.load_partial(i, rest), b.load_partial(i, rest)),
                      rest);
}

template <class Function>
void apply(const Rows& rows) {
  const float* a = static_cast<const float*>(rows.a);
  const float* b = static_cast<const float*>(rows.b);
  float* y = static_cast<float*>(rows.y);
  for (int64_t r = 0; r < rows.rows; ++r) {
    if (rows.a_step == 0)
      row<Function>(Scalar{Simd::broadcast(*a)}, Vectors{b}, y, rows.columns);
    else if (rows.b_step == 0)
      row<Function>(Vectors{a}, Scalar{Simd::broadcast(*b)}, y, rows.columns);
    else
      row<Function>(Vectors{a}, Vectors{b}, y, rows.columns);
    a += rows.a_row;
    b += rows.b_row;
    y += rows.columns;
  }
}

// Plain loops: the compiler turns them into vectors and narrows the masks to bytes.
template <class Function>
void compare(const Rows& rows) {
  const float* a = static_cast<const float*>(rows.a);
  const float* b = static_cast<const float*>(rows.b);
  bool* y = static_cast<bool*>(rows.y);
  const int64_t columns = rows.columns;
  for (int64_t r = 0; r < rows.rows; ++r) {
    if (rows.a_step == 0)
      for (int64_t i = 0; i < columns; ++i) y[i] = Function::apply(*a, b[i]);
    else if (rows.b_step == 0)
      for (int64_t i = 0; i < columns; ++i) y[i] = Function::apply(a[i], *b);
    else
      for (int64_t i = 0; i < columns; ++i) y[i] = Function::apply(a[i], b[i]);
    a += rows.a_row;
    b += rows.b_row;
    y += columns;
  }
}

}  // namespace

extern const Kernels LITE_KERNELS;
const Kernels LITE_KERNELS = {
#define LITE_BINARY(name) apply<name>,
#define LITE_COMPARISON(name) compare<name>,
#include "kernels/binary/binary.inc"
#undef LITE_BINARY
#undef LITE_COMPARISON
};

}  // namespace lite::binary
