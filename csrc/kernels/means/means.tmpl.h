// SPDX-License-Identifier: Apache-2.0
#include <type_traits>

#include "kernels/means/means.h"
#include "simd/inline.h"

namespace lite::means {
namespace {

// Unsigned sums wrap around.
template <class T>
using Unsigned = std::conditional_t<(sizeof(T) == 1 || sizeof(T) == 4), uint32_t, uint64_t>;
template <class T>
using Signed = std::make_signed_t<Unsigned<T>>;

template <class Sum>
LITE_INLINE float value_of(Sum sum, const Mean& mean) {
  using Wrapping = std::make_unsigned_t<Sum>;
  const Wrapping rest = static_cast<Wrapping>(sum) - static_cast<Wrapping>(mean.offset);
  return static_cast<float>(static_cast<Sum>(rest)) * mean.scale;
}

template <class Sum, class T>
void place(const Sum* sums, T* y, int64_t count, const Mean& mean) {
  const Mean m = mean;  // a copy, which bytes written to y cannot alias
  for (int64_t i = 0; i < count; ++i) y[i] = static_cast<T>(placed(value_of(sums[i], m), m.to));
}

// kCount columns at once, in registers. The last block may overlap the one before.
template <class T, int kCount>
LITE_INLINE void sum_columns(const T* x, Signed<T>* y, int64_t rows, int64_t stride) {
  Unsigned<T> total[kCount] = {};
  for (int64_t r = 0; r < rows; ++r, x += stride)
    for (int i = 0; i < kCount; ++i) total[i] += static_cast<Unsigned<T>>(x[i]);
  for (int i = 0; i < kCount; ++i) y[i] = static_cast<Signed<T>>(total[i]);
}

template <class T>
void sum(const void* from, void* to, int64_t rows, int64_t columns, int64_t stride) {
  const T* x = static_cast<const T*>(from);
  Signed<T>* y = static_cast<Signed<T>*>(to);
  if (columns == 1 && stride == 1) {
    Unsigned<T> total = 0;
    for (int64_t i = 0; i < rows; ++i) total += static_cast<Unsigned<T>>(x[i]);
    *y = static_cast<Signed<T>>(total);
    return;
  }
  int64_t c = 0;
  for (; c + 64 <= columns; c += 64) sum_columns<T, 64>(x + c, y + c, rows, stride);
  for (; c + 16 <= columns; c += 16) sum_columns<T, 16>(x + c, y + c, rows, stride);
  if (c < columns && columns >= 16) {
    sum_columns<T, 16>(x + columns - 16, y + columns - 16, rows, stride);
    return;
  }
  for (; c < columns; ++c) sum_columns<T, 1>(x + c, y + c, rows, stride);
}

// One window of kCount channels.
template <class T, int kCount>
LITE_INLINE void mean_of_window(const T* src, T* dst, const pool::Row& row, const Mean& mean) {
  Unsigned<T> total[kCount] = {};
  for (int y = 0; y < row.rows; ++y) {
    for (int x = 0; x < row.columns; ++x) {
      const T* tap = src + y * row.row_stride + x * row.column_stride;
      for (int i = 0; i < kCount; ++i) total[i] += static_cast<Unsigned<T>>(tap[i]);
    }
  }
  for (int i = 0; i < kCount; ++i)
    dst[i] = static_cast<T>(placed(value_of(static_cast<Signed<T>>(total[i]), mean), mean.to));
}

template <class T>
void windows(const pool::Row& given, const Mean& given_mean) {
  const pool::Row row = given;  // copies, which bytes written to dst cannot alias
  const Mean mean = given_mean;
  const T* src = static_cast<const T*>(row.src);
  T* dst = static_cast<T*>(row.dst);
  for (int64_t pixel = 0; pixel < row.pixels; ++pixel) {
    int64_t c = 0;
    for (; c + 64 <= row.channels; c += 64) mean_of_window<T, 64>(src + c, dst + c, row, mean);
    for (; c + 16 <= row.channels; c += 16) mean_of_window<T, 16>(src + c, dst + c, row, mean);
    if (c < row.channels && row.channels >= 16) {
      c = row.channels - 16;
      mean_of_window<T, 16>(src + c, dst + c, row, mean);
      c = row.channels;
    }
    for (; c < row.channels; ++c) mean_of_window<T, 1>(src + c, dst + c, row, mean);
    src += row.pixel_stride;
    dst += row.channels;
  }
}

}  // namespace

extern const Kernels LITE_KERNELS;
const Kernels LITE_KERNELS = {sum<int8_t>,     sum<int16_t>,           sum<int32_t>,
                              sum<int64_t>,    place<int32_t, int8_t>, place<int64_t, int16_t>,
                              windows<int8_t>, windows<int16_t>};

}  // namespace lite::means
