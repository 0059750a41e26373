// SPDX-License-Identifier: Apache-2.0
#include "kernels/pool/pool.h"

namespace lite::pool {
namespace {

struct Max {
  static LITE_INLINE Simd::f32 fold(Simd::f32 a, Simd::f32 b) { return Simd::max(a, b); }
  static LITE_INLINE Simd::f32 finish(Simd::f32 x, float) { return x; }
};

struct Sum {
  static LITE_INLINE Simd::f32 fold(Simd::f32 a, Simd::f32 b) { return Simd::add(a, b); }
  static LITE_INLINE Simd::f32 finish(Simd::f32 x, float scale) {
    return Simd::mul(x, Simd::broadcast(scale));
  }
};

// kVectors vectors of channels of one window.
template <class Operation, int kVectors>
LITE_INLINE void fold_full(const float* src, float* dst, int rows, int columns, const Row& row) {
  Simd::f32 total[kVectors];
  LITE_UNROLL
  for (int v = 0; v < kVectors; ++v) total[v] = Simd::load(src + v * Simd::kWidth);
  for (int y = 0; y < rows; ++y) {
    for (int x = y == 0 ? 1 : 0; x < columns; ++x) {
      const float* tap = src + y * row.row_stride + x * row.column_stride;
      LITE_UNROLL
      for (int v = 0; v < kVectors; ++v)
        total[v] = Operation::fold(total[v], Simd::load(tap + v * Simd::kWidth));
    }
  }
  LITE_UNROLL
  for (int v = 0; v < kVectors; ++v)
    Simd::store(dst + v * Simd::kWidth, Operation::finish(total[v], row.scale));
}

// Fewer channels than a vector holds.
template <class Operation>
LITE_INLINE void fold_partial(const float* src, float* dst, int rows, int columns, const Row& row) {
  const int channels = static_cast<int>(row.channels);
  Simd::f32 total = Simd::load_partial(src, channels);
  for (int y = 0; y < rows; ++y) {
    for (int x = y == 0 ? 1 : 0; x < columns; ++x) {
      const float* tap = src + y * row.row_stride + x * row.column_stride;
      total = Operation::fold(total, Simd::load_partial(tap, channels));
    }
  }
  Simd::store_partial(dst, Operation::finish(total, row.scale), channels);
}

// kRows and kColumns are 0 where they are known only when running. The last vector of channels may
// overlap the one before.
template <class Operation, int kRows, int kColumns>
void fold_row(const Row& row) {
  constexpr int kWidth = Simd::kWidth;
  const int rows = kRows ? kRows : row.rows, columns = kColumns ? kColumns : row.columns;
  const float* src = static_cast<const float*>(row.src);
  float* dst = static_cast<float*>(row.dst);
  const int64_t channels = row.channels;
  for (int64_t pixel = 0; pixel < row.pixels; ++pixel) {
    int64_t c = 0;
    for (; c + 4 * kWidth <= channels; c += 4 * kWidth)
      fold_full<Operation, 4>(src + c, dst + c, rows, columns, row);
    for (; c + kWidth <= channels; c += kWidth)
      fold_full<Operation, 1>(src + c, dst + c, rows, columns, row);
    if (channels < kWidth) {
      fold_partial<Operation>(src, dst, rows, columns, row);
    } else if (c < channels) {
      c = channels - kWidth;
      fold_full<Operation, 1>(src + c, dst + c, rows, columns, row);
    }
    src += row.pixel_stride;
    dst += row.dst_stride;
  }
}

template <class Operation>
void fold(const Row& row) {
  if (row.rows == 2 && row.columns == 2) return fold_row<Operation, 2, 2>(row);
  if (row.rows == 3 && row.columns == 3) return fold_row<Operation, 3, 3>(row);
  fold_row<Operation, 0, 0>(row);
}

// One window's greatest integers of kCount channels; the compiler keeps them in registers. kRows
// and kColumns are 0 where they are known only when running, and for 16 channels always: unrolled,
// GCC handles these byte by byte.
template <class T, int kCount, int kRows, int kColumns>
LITE_INLINE void max_of_window(const T* src, T* dst, const Row& row) {
  const int rows = kRows ? kRows : row.rows, columns = kColumns ? kColumns : row.columns;
  T greatest[kCount];
  for (int i = 0; i < kCount; ++i) greatest[i] = src[i];
  for (int y = 0; y < rows; ++y) {
    for (int x = y == 0 ? 1 : 0; x < columns; ++x) {
      const T* tap = src + y * row.row_stride + x * row.column_stride;
      for (int i = 0; i < kCount; ++i) greatest[i] = tap[i] > greatest[i] ? tap[i] : greatest[i];
    }
  }
  for (int i = 0; i < kCount; ++i) dst[i] = greatest[i];
}

// The last block of channels may overlap the one before.
template <class T, int kRows, int kColumns>
void max_integer_rows(const Row& windows) {
  const Row row = windows;  // a copy, which bytes written to dst cannot alias
  const T* src = static_cast<const T*>(row.src);
  T* dst = static_cast<T*>(row.dst);
  for (int64_t pixel = 0; pixel < row.pixels; ++pixel) {
    int64_t c = 0;
    for (; c + 64 <= row.channels; c += 64)
      max_of_window<T, 64, kRows, kColumns>(src + c, dst + c, row);
    for (; c + 16 <= row.channels; c += 16) max_of_window<T, 16, 0, 0>(src + c, dst + c, row);
    if (c < row.channels && row.channels >= 16) {
      c = row.channels - 16;
      max_of_window<T, 16, 0, 0>(src + c, dst + c, row);
      c = row.channels;
    }
    for (; c < row.channels; ++c) max_of_window<T, 1, 0, 0>(src + c, dst + c, row);
    src += row.pixel_stride;
    dst += row.dst_stride;
  }
}

template <class T>
void max_integers(const Row& row) {
  if constexpr (64 * sizeof(T) == sizeof(Simd::f32)) {  // in several registers, unrolling is slower
    if (row.rows == 2 && row.columns == 2) return max_integer_rows<T, 2, 2>(row);
    if (row.rows == 3 && row.columns == 3) return max_integer_rows<T, 3, 3>(row);
  }
  max_integer_rows<T, 0, 0>(row);
}

}  // namespace

extern const Kernels LITE_KERNELS;
const Kernels LITE_KERNELS = {fold<Max>, fold<Sum>, max_integers<int8_t>, max_integers<uint8_t>,
                              max_integers<int16_t>};

}  // namespace lite::pool
