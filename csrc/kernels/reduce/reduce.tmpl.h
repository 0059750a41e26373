// SPDX-License-Identifier: Apache-2.0
#include "kernels/reduce/reduce.h"
#include "simd/special.h"

namespace lite::reduce {
namespace {

using f32 = Simd::f32;
constexpr int kWidth = Simd::kWidth;
constexpr int kVectors = 4;          // accumulators side by side
constexpr int64_t kBlockRows = 128;  // added up on their own before they join the total

struct max {
  static LITE_INLINE f32 neutral() { return Simd::broadcast(-__builtin_inff()); }
  static LITE_INLINE f32 apply(f32 a, f32 b) { return max_or_nan(a, b); }
  static LITE_INLINE float across(f32 x) {
    return Simd::any(Simd::is_nan(x)) ? __builtin_nanf("") : Simd::reduce_max(x);
  }
};
struct min {
  static LITE_INLINE f32 neutral() { return Simd::broadcast(__builtin_inff()); }
  static LITE_INLINE f32 apply(f32 a, f32 b) { return min_or_nan(a, b); }
  static LITE_INLINE float across(f32 x) {
    return Simd::any(Simd::is_nan(x)) ? __builtin_nanf("") : Simd::reduce_min(x);
  }
};
struct prod {
  static LITE_INLINE f32 neutral() { return Simd::broadcast(1.0f); }
  static LITE_INLINE f32 apply(f32 a, f32 b) { return Simd::mul(a, b); }
  static LITE_INLINE float across(f32 x) {
    float lanes[kWidth];
    Simd::store(lanes, x);
    float product = lanes[0];
    for (int lane = 1; lane < kWidth; ++lane) product *= lanes[lane];
    return product;
  }
};
struct sum {
  static LITE_INLINE f32 neutral() { return Simd::broadcast(0.0f); }
  static LITE_INLINE f32 apply(f32 a, f32 b) { return Simd::add(a, b); }
  static LITE_INLINE float across(f32 x) { return Simd::reduce_add(x); }
};

// kCount vectors of columns at once; the last one may be partial.
template <class Function, int kCount>
LITE_INLINE void fold_columns(const float* x, float* y, int64_t rows, int64_t stride, int last) {
  f32 total[kCount];
  LITE_UNROLL
  for (int v = 0; v < kCount; ++v) total[v] = Function::neutral();
  for (int64_t begin = 0; begin < rows; begin += kBlockRows) {
    const int64_t end = begin + kBlockRows < rows ? begin + kBlockRows : rows;
    f32 block[kCount];
    LITE_UNROLL
    for (int v = 0; v < kCount; ++v) block[v] = Function::neutral();
    for (int64_t r = begin; r < end; ++r) {
      const float* row = x + r * stride;
      LITE_UNROLL
      for (int v = 0; v < kCount - 1; ++v)
        block[v] = Function::apply(block[v], Simd::load(row + v * kWidth));
      block[kCount - 1] =
          Function::apply(block[kCount - 1], Simd::load_partial(row + (kCount - 1) * kWidth, last));
    }
    LITE_UNROLL
    for (int v = 0; v < kCount; ++v) total[v] = Function::apply(total[v], block[v]);
  }
  LITE_UNROLL
  for (int v = 0; v < kCount - 1; ++v) Simd::store(y + v * kWidth, total[v]);
  Simd::store_partial(y + (kCount - 1) * kWidth, total[kCount - 1], last);
}

template <class Function>
LITE_INLINE f32 load_or_neutral(const float* x, int count) {
  const auto valid = Simd::less(Simd::iota(), Simd::broadcast(int32_t{count}));
  return Simd::select(valid, Simd::load_partial(x, count), Function::neutral());
}

template <class Function>
LITE_INLINE float fold_row(const float* x, int64_t count) {
  constexpr int64_t kStep = kVectors * kWidth;
  f32 total = Function::neutral();
  int64_t i = 0;
  while (i + kStep <= count) {
    const int64_t block_end = i + kBlockRows * kStep < count ? i + kBlockRows * kStep : count;
    f32 block[kVectors];
    LITE_UNROLL
    for (int v = 0; v < kVectors; ++v) block[v] = Function::neutral();
    for (; i + kStep <= block_end; i += kStep) {
      LITE_UNROLL
      for (int v = 0; v < kVectors; ++v)
        block[v] = Function::apply(block[v], Simd::load(x + i + v * kWidth));
    }
    const f32 left = Function::apply(block[0], block[1]);
    total = Function::apply(total, Function::apply(left, Function::apply(block[2], block[3])));
  }
  for (; i < count; i += kWidth) {
    const int rest = count - i < kWidth ? static_cast<int>(count - i) : kWidth;
    total = Function::apply(total, load_or_neutral<Function>(x + i, rest));
  }
  return Function::across(total);
}

template <class Function>
void fold(const void* from, void* to, int64_t rows, int64_t columns, int64_t stride) {
  const float* x = static_cast<const float*>(from);
  float* y = static_cast<float*>(to);
  if (columns == 1 && stride == 1) {
    *y = fold_row<Function>(x, rows);
    return;
  }
  constexpr int64_t kStep = kVectors * kWidth;
  int64_t c = 0;
  for (; c + kStep <= columns; c += kStep)
    fold_columns<Function, kVectors>(x + c, y + c, rows, stride, kWidth);
  for (; c < columns; c += kWidth) {
    const int rest = columns - c < kWidth ? static_cast<int>(columns - c) : kWidth;
    fold_columns<Function, 1>(x + c, y + c, rows, stride, rest);
  }
}

}  // namespace

extern const Kernels LITE_KERNELS;
const Kernels LITE_KERNELS = {
#define LITE_FOLD(name) fold<name>,
#include "kernels/reduce/reduce.inc"
#undef LITE_FOLD
};

}  // namespace lite::reduce
