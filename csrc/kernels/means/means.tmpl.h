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

// The steps of value_of and placed, in vectors.
struct Outputs {
  Simd::s32 start, zero_point;
  Simd::f32 scale, low, high;

  explicit LITE_INLINE Outputs(const Mean& mean)
      : start(Simd::broadcast(static_cast<int32_t>(-mean.offset))),
        zero_point(Simd::broadcast(mean.to.zero_point)),
        scale(Simd::broadcast(mean.scale)),
        low(Simd::broadcast(static_cast<float>(mean.to.lo - mean.to.zero_point))),
        high(Simd::broadcast(static_cast<float>(mean.to.hi - mean.to.zero_point))) {}
  // Of a sum that began with `start`.
  [[nodiscard]] LITE_INLINE Simd::s32 of(Simd::s32 sum) const {
    const Simd::f32 steps = Simd::mul(Simd::to_f32(sum), scale);
    const Simd::f32 bounded = Simd::min(Simd::max(steps, low), high);
    return Simd::add(Simd::round_to_s32(bounded), zero_point);
  }
};

// One window of kVectors vectors of channels, or of `count` < kWidth.
template <int kVectors, bool kPartial>
LITE_INLINE void mean_of_window(const int8_t* src, int8_t* dst, const pool::Row& row,
                                const Outputs& outputs, int count) {
  Simd::s32 total[kVectors];
  LITE_UNROLL
  for (int v = 0; v < kVectors; ++v) total[v] = outputs.start;
  for (int y = 0; y < row.rows; ++y) {
    const int8_t* tap = src + y * row.row_stride;
    for (int x = 0; x < row.columns; ++x, tap += row.column_stride) {
      LITE_UNROLL
      for (int v = 0; v < kVectors; ++v) {
        const int8_t* at = tap + v * Simd::kWidth;
        total[v] =
            Simd::add(total[v], kPartial ? Simd::load_s8_partial(at, count) : Simd::load_s8(at));
      }
    }
  }
  LITE_UNROLL
  for (int v = 0; v < kVectors; ++v) {
    const Simd::s32 y = outputs.of(total[v]);
    if constexpr (kPartial) {
      int8_t bytes[Simd::kWidth];
      Simd::store_s8(bytes, y);
      for (int i = 0; i < count; ++i) dst[i] = bytes[i];
    } else {
      Simd::store_s8(dst + v * Simd::kWidth, y);
    }
  }
}

// The last vector of channels may overlap the one before.
void windows_s8(const pool::Row& given, const Mean& mean) {
  constexpr int kWidth = Simd::kWidth;
  const pool::Row row = given;  // a copy, which bytes written to dst cannot alias
  const Outputs outputs(mean);
  const int8_t* src = static_cast<const int8_t*>(row.src);
  int8_t* dst = static_cast<int8_t*>(row.dst);
  const int64_t channels = row.channels;
  for (int64_t pixel = 0; pixel < row.pixels; ++pixel) {
    int64_t c = 0;
    for (; c + 4 * kWidth <= channels; c += 4 * kWidth)
      mean_of_window<4, false>(src + c, dst + c, row, outputs, kWidth);
    for (; c + kWidth <= channels; c += kWidth)
      mean_of_window<1, false>(src + c, dst + c, row, outputs, kWidth);
    if (channels < kWidth) {
      mean_of_window<1, true>(src, dst, row, outputs, static_cast<int>(channels));
    } else if (c < channels) {
      c = channels - kWidth;
      mean_of_window<1, false>(src + c, dst + c, row, outputs, kWidth);
    }
    src += row.pixel_stride;
    dst += row.dst_stride;
  }
}

void windows_s16(const pool::Row& given, const Mean& mean) {
  const pool::Row row = given;
  const int16_t* src = static_cast<const int16_t*>(row.src);
  int16_t* dst = static_cast<int16_t*>(row.dst);
  for (int64_t pixel = 0; pixel < row.pixels; ++pixel) {
    for (int64_t c = 0; c < row.channels; ++c) {
      int64_t total = 0;
      for (int y = 0; y < row.rows; ++y)
        for (int x = 0; x < row.columns; ++x)
          total += src[y * row.row_stride + x * row.column_stride + c];
      dst[c] = static_cast<int16_t>(placed(value_of(total, mean), mean.to));
    }
    src += row.pixel_stride;
    dst += row.dst_stride;
  }
}

}  // namespace

extern const Kernels LITE_KERNELS;
const Kernels LITE_KERNELS = {sum<int8_t>,
                              sum<int16_t>,
                              sum<int32_t>,
                              sum<int64_t>,
                              place<int32_t, int8_t>,
                              place<int64_t, int16_t>,
                              windows_s8,
                              windows_s16};

}  // namespace lite::means
