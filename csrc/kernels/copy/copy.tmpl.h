// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <type_traits>

#include "kernels/copy/copy.h"

namespace lite::copy {
namespace {

// A square of registers, or what is left of one at the edges.
LITE_INLINE void transpose_square(const float* src, float* dst, int rows, int columns,
                                  int64_t src_stride, int64_t dst_stride) {
  constexpr int kWidth = Simd::kWidth;
  Simd::f32 square[kWidth];
  if (rows == kWidth && columns == kWidth) {
    LITE_UNROLL
    for (int i = 0; i < kWidth; ++i) square[i] = Simd::load(src + i * src_stride);
    Simd::transpose(square);
    LITE_UNROLL
    for (int i = 0; i < kWidth; ++i) Simd::store(dst + i * dst_stride, square[i]);
    return;
  }
  LITE_UNROLL
  for (int i = 0; i < kWidth; ++i)
    square[i] =
        i < columns ? Simd::load_partial(src + i * src_stride, rows) : Simd::broadcast(0.0f);
  Simd::transpose(square);
  LITE_UNROLL
  for (int i = 0; i < kWidth; ++i)
    if (i < rows) Simd::store_partial(dst + i * dst_stride, square[i], columns);
}

constexpr int64_t kPairRows = 16;

// Two columns of small elements, dense in dst (a channel shuffle): a pair is one number of twice
// the bits. The last rows may be done twice, so that their count is always the one that the
// compiler knows.
template <class T>
void interleave_pairs(const T* src, T* dst, int64_t rows, int64_t src_stride) {
  using Pair = std::conditional_t<sizeof(T) == 1, uint16_t, uint32_t>;
  T first[kPairRows], second[kPairRows];
  Pair pairs[kPairRows];
  for (int64_t next = 0; next < rows; next += kPairRows) {
    const int64_t row = next + kPairRows <= rows ? next : rows - kPairRows;
    std::memcpy(first, src + row, sizeof(first));
    std::memcpy(second, src + src_stride + row, sizeof(second));
    for (int64_t i = 0; i < kPairRows; ++i)
      pairs[i] = static_cast<Pair>(first[i] | static_cast<Pair>(second[i]) << 8 * sizeof(T));
    std::memcpy(dst + 2 * row, pairs, sizeof(pairs));
  }
}

// Few columns, dense in dst (pixels of an image): the compiler interleaves.
template <class T, int kColumns>
void interleave(const T* src, T* dst, int64_t rows, int64_t src_stride) {
  for (int64_t row = 0; row < rows; ++row)
    for (int column = 0; column < kColumns; ++column)
      dst[row * kColumns + column] = src[column * src_stride + row];
}

// Few rows, dense in src: the reverse.
template <class T, int kRows>
void separate(const T* src, T* dst, int64_t columns, int64_t dst_stride) {
  for (int row = 0; row < kRows; ++row)
    for (int64_t column = 0; column < columns; ++column)
      dst[row * dst_stride + column] = src[column * kRows + row];
}

template <class T>
bool transpose_narrow(const T* src, T* dst, int64_t rows, int64_t columns, int64_t src_stride,
                      int64_t dst_stride) {
  if (columns == dst_stride) {
    if constexpr (sizeof(T) < 4)
      if (columns == 2 && rows >= kPairRows)
        return interleave_pairs(src, dst, rows, src_stride), true;
    if (columns == 2) return interleave<T, 2>(src, dst, rows, src_stride), true;
    if (columns == 3) return interleave<T, 3>(src, dst, rows, src_stride), true;
    if (columns == 4) return interleave<T, 4>(src, dst, rows, src_stride), true;
  }
  if (rows == src_stride) {
    if (rows == 2) return separate<T, 2>(src, dst, columns, dst_stride), true;
    if (rows == 3) return separate<T, 3>(src, dst, columns, dst_stride), true;
    if (rows == 4) return separate<T, 4>(src, dst, columns, dst_stride), true;
  }
  return false;
}

template <class T>
LITE_INLINE void transpose_block(const T* src, T* dst, int rows, int columns, int64_t src_stride,
                                 int64_t dst_stride) {
  for (int row = 0; row < rows; ++row)
    for (int column = 0; column < columns; ++column)
      dst[row * dst_stride + column] = src[column * src_stride + row];
}

LITE_INLINE void transpose_block(const float* src, float* dst, int rows, int columns,
                                 int64_t src_stride, int64_t dst_stride) {
  constexpr int kWidth = Simd::kWidth;
  if (4 * rows <= kWidth || 4 * columns <= kWidth)  // a square would be mostly empty
    return transpose_block<float>(src, dst, rows, columns, src_stride, dst_stride);
  for (int row = 0; row < rows; row += kWidth)
    for (int column = 0; column < columns; column += kWidth)
      transpose_square(src + column * src_stride + row, dst + row * dst_stride + column,
                       rows - row < kWidth ? rows - row : kWidth,
                       columns - column < kWidth ? columns - column : kWidth, src_stride,
                       dst_stride);
}

// Blocks of 16 x 16 use whole cache lines on both sides.
template <class T>
void transpose(const std::byte* src_bytes, std::byte* dst_bytes, int64_t rows, int64_t columns,
               int64_t src_stride, int64_t dst_stride) {
  constexpr int64_t kBlock = 16;
  const T* src = reinterpret_cast<const T*>(src_bytes);
  T* dst = reinterpret_cast<T*>(dst_bytes);
  if (transpose_narrow(src, dst, rows, columns, src_stride, dst_stride)) return;
  for (int64_t row = 0; row < rows; row += kBlock) {
    const int height = static_cast<int>(rows - row < kBlock ? rows - row : kBlock);
    for (int64_t column = 0; column < columns; column += kBlock) {
      const int width = static_cast<int>(columns - column < kBlock ? columns - column : kBlock);
      transpose_block(src + column * src_stride + row, dst + row * dst_stride + column, height,
                      width, src_stride, dst_stride);
    }
  }
}

template <class T, int kStride>
void pick_every(const T* src, T* dst, int64_t count) {
  for (int64_t i = 0; i < count; ++i) dst[i] = src[i * kStride];
}

// The compiler makes shuffles of the small strides.
template <class T>
void pick(const std::byte* src_bytes, std::byte* dst_bytes, int64_t count, int64_t stride) {
  const T* src = reinterpret_cast<const T*>(src_bytes);
  T* dst = reinterpret_cast<T*>(dst_bytes);
  if (stride == 2) return pick_every<T, 2>(src, dst, count);
  if (stride == 4) return pick_every<T, 4>(src, dst, count);
  for (int64_t i = 0; i < count; ++i) dst[i] = src[i * stride];
}

template <class T>
constexpr Kernels::Sized sized() {
  return {pick<T>, transpose<T>};
}

}  // namespace

extern const Kernels LITE_KERNELS;
const Kernels LITE_KERNELS = {sized<uint8_t>(), sized<uint16_t>(), sized<float>(),
                              sized<uint64_t>()};

}  // namespace lite::copy
