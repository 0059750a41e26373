// SPDX-License-Identifier: Apache-2.0
#include "kernels/pairs/pairs.h"
#include "simd/inline.h"

namespace lite::pairs {
namespace {

struct Add {
  static LITE_INLINE float steps(int32_t a, int32_t b, const Parameters& p) {
    return scaled(a, p.a_scale) + scaled(b, p.b_scale);
  }
};

template <class T>
struct Mul {
  static LITE_INLINE float steps(int32_t a, int32_t b, const Parameters& p) {
    if constexpr (sizeof(T) == 1) {
      return scaled(a * b, p.a_scale);
    } else {  // the product may take 33 bits, and doubles hold it
      return static_cast<float>(static_cast<double>(a) * static_cast<double>(b)) * p.a_scale;
    }
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
template <class Function, class T, class Left, class Right>
LITE_INLINE void row(const Left a, const Right b, T* y, int64_t columns, const Parameters& p) {
  LITE_INDEPENDENT
  for (int64_t i = 0; i < columns; ++i)
    y[i] = static_cast<T>(placed(Function::steps(a[i] - p.a_zero, b[i] - p.b_zero, p), p.to));
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
const Kernels LITE_KERNELS = {apply<Add, int8_t>, apply<Add, int16_t>, apply<Mul<int8_t>, int8_t>,
                              apply<Mul<int16_t>, int16_t>};

}  // namespace lite::pairs
