// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <type_traits>

#include "kernels/pairs/pairs.h"
#include "simd/inline.h"

namespace lite::pairs {
namespace {

constexpr int kBlock =
    64;  // elements between memory and memory: plain loops over them turn into vectors

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

// Operands of one row, by how they advance. y may be an operand: blocks are loaded before the
// stores.
template <class T>
struct Advancing {
  const T* data;
  LITE_INLINE void load(int64_t i, int64_t count, T* block) const {
    std::memcpy(block, data + i, static_cast<size_t>(count) * sizeof(T));
  }
};
template <class T>
struct Constant {
  T value;
  LITE_INLINE void load(int64_t, int64_t count, T* block) const {
    for (int64_t i = 0; i < count; ++i) block[i] = value;
  }
};

template <class Function, class T, class Left, class Right>
LITE_INLINE void block(const Left& a, const Right& b, T* y, int64_t i, int64_t count,
                       const Parameters& p) {
  T left[kBlock], right[kBlock], result[kBlock];
  a.load(i, count, left);
  b.load(i, count, right);
  for (int64_t j = 0; j < count; ++j)
    result[j] =
        static_cast<T>(placed(Function::steps(left[j] - p.a_zero, right[j] - p.b_zero, p), p.to));
  std::memcpy(y + i, result, static_cast<size_t>(count) * sizeof(T));
}

template <class Function, class T, class Left, class Right>
LITE_INLINE void row(const Left& a, const Right& b, T* y, int64_t columns, const Parameters& p) {
  int64_t i = 0;
  for (; i + kBlock <= columns; i += kBlock) block<Function>(a, b, y, i, kBlock, p);
  if (i < columns) block<Function>(a, b, y, i, columns - i, p);
}

template <class Function, class T>
void apply(const binary::Rows& rows) {
  const Parameters p = *static_cast<const Parameters*>(rows.parameters);
  const T* a = static_cast<const T*>(rows.a);
  const T* b = static_cast<const T*>(rows.b);
  T* y = static_cast<T*>(rows.y);
  for (int64_t r = 0; r < rows.rows; ++r) {
    if (rows.a_step == 0)
      row<Function>(Constant<T>{*a}, Advancing<T>{b}, y, rows.columns, p);
    else if (rows.b_step == 0)
      row<Function>(Advancing<T>{a}, Constant<T>{*b}, y, rows.columns, p);
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
