// SPDX-License-Identifier: Apache-2.0
#include "kernels/norm/norm.h"
#include "simd/special.h"

namespace lite::norm {
namespace {

using f32 = Simd::f32;
constexpr int kWidth = Simd::kWidth;
constexpr int64_t kBlock = 128;  // added up on their own before they join the total

LITE_INLINE int lanes_left(int64_t count, int64_t i) {
  return count - i < kWidth ? static_cast<int>(count - i) : kWidth;
}

LITE_INLINE f32 zero() { return Simd::broadcast(0.0f); }

struct Sums {
  f32 first = zero();   // of x - mean
  f32 second = zero();  // of its square
  LITE_INLINE void add(f32 x, f32 mean) {
    const f32 centred = Simd::sub(x, mean);
    first = Simd::add(first, centred);
    second = Simd::fma(centred, centred, second);
  }
  LITE_INLINE void add(const Sums& other) {
    first = Simd::add(first, other.first);
    second = Simd::add(second, other.second);
  }
};

LITE_INLINE Sums sums_of_row(const float* x, int64_t count, f32 mean) {
  Sums total;
  int64_t i = 0;
  while (i + 2 * kWidth <= count) {
    const int64_t block_end = i + 2 * kBlock * kWidth;
    const int64_t end = block_end < count ? block_end : count;
    Sums left, right;
    for (; i + 2 * kWidth <= end; i += 2 * kWidth) {
      left.add(Simd::load(x + i), mean);
      right.add(Simd::load(x + i + kWidth), mean);
    }
    total.add(left);
    total.add(right);
  }
  for (; i < count; i += kWidth) {
    const int lanes = lanes_left(count, i);
    const auto valid = Simd::less(Simd::iota(), Simd::broadcast(int32_t{lanes}));
    total.add(Simd::select(valid, Simd::load_partial(x + i, lanes), mean), mean);
  }
  return total;
}

Moments row_moments(const float* x, int64_t count) {
  const float divisor = static_cast<float>(count);
  const float mean = Simd::reduce_add(sums_of_row(x, count, zero()).first) / divisor;
  const Sums sums = sums_of_row(x, count, Simd::broadcast(mean));
  const float rest = Simd::reduce_add(sums.first) / divisor;
  const float variance = Simd::reduce_add(sums.second) / divisor - rest * rest;
  return {mean, rest, variance < 0.0f ? 0.0f : variance};
}

void map_row(const float* x, float* y, int64_t count, const RowMap& map) {
  const f32 mean = Simd::broadcast(map.mean), rest = Simd::broadcast(map.rest);
  const f32 factor = Simd::broadcast(map.factor), offset = Simd::broadcast(map.offset);
  const float* scale = map.scale;
  const float* bias = map.bias;
  for (int64_t i = 0; i < count; i += kWidth) {
    const int lanes = lanes_left(count, i);
    const f32 centred = Simd::sub(Simd::sub(Simd::load_partial(x + i, lanes), mean), rest);
    f32 value = Simd::mul(centred, factor);
    const f32 shift = bias != nullptr ? Simd::load_partial(bias + i, lanes) : offset;
    if (scale != nullptr)
      value = Simd::fma(value, Simd::load_partial(scale + i, lanes), shift);
    else
      value = Simd::add(value, shift);
    Simd::store_partial(y + i, value, lanes);
  }
}

LITE_INLINE Sums sums_of_columns(const float* x, int64_t rows, int64_t stride, int lanes,
                                 f32 mean) {
  Sums total;
  for (int64_t begin = 0; begin < rows; begin += kBlock) {
    const int64_t end = begin + kBlock < rows ? begin + kBlock : rows;
    Sums block;
    for (int64_t r = begin; r < end; ++r)
      block.add(Simd::load_partial(x + r * stride, lanes), mean);
    total.add(block);
  }
  return total;
}

void column_moments(const float* x, int64_t rows, int64_t columns, int64_t stride,
                    Moments* moments) {
  const f32 divisor = Simd::broadcast(static_cast<float>(rows));
  for (int64_t c = 0; c < columns; c += kWidth) {
    const int lanes = lanes_left(columns, c);
    const f32 mean = Simd::div(sums_of_columns(x + c, rows, stride, lanes, zero()).first, divisor);
    const Sums sums = sums_of_columns(x + c, rows, stride, lanes, mean);
    const f32 rest = Simd::div(sums.first, divisor);
    const f32 variance = Simd::max(zero(), Simd::fnma(rest, rest, Simd::div(sums.second, divisor)));
    float means[kWidth], rests[kWidth], variances[kWidth];
    Simd::store(means, mean);
    Simd::store(rests, rest);
    Simd::store(variances, variance);
    for (int lane = 0; lane < lanes; ++lane)
      moments[c + lane] = {means[lane], rests[lane], variances[lane]};
  }
}

void map_columns(const float* x, float* y, int64_t rows, int64_t columns, int64_t stride,
                 const float* mean, const float* factor, const float* bias) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < columns; c += kWidth) {
      const int lanes = lanes_left(columns, c);
      const f32 centred =
          Simd::sub(Simd::load_partial(x + c, lanes), Simd::load_partial(mean + c, lanes));
      const f32 factors = Simd::load_partial(factor + c, lanes);
      const f32 biases = Simd::load_partial(bias + c, lanes);
      Simd::store_partial(y + c, Simd::fma(centred, factors, biases), lanes);
    }
    x += stride;
    y += stride;
  }
}

// Sums of elements and of their squares; blocks of the latter fit in 32 bits.
LITE_INLINE void add_up(const int8_t* x, int64_t count, int64_t& sum, int64_t& squares) {
  constexpr int64_t kFits = int64_t{1} << 16;
  for (int64_t begin = 0; begin < count; begin += kFits) {
    const int64_t end = begin + kFits < count ? begin + kFits : count;
    int32_t part = 0, part_squares = 0;
    for (int64_t i = begin; i < end; ++i) {
      part += x[i];
      part_squares += x[i] * x[i];
    }
    sum += part;
    squares += part_squares;
  }
}

void quantized_row(const int8_t* x, int8_t* y, int64_t count, const QuantizedRow& given) {
  const QuantizedRow row = given;  // a copy, which bytes written to y cannot alias
  int64_t sum = 0, squares = 0;
  add_up(x, count, sum, squares);
  const float unit = row.x_scale / static_cast<float>(count);
  const float spread = static_cast<float>(count * squares - sum * sum) * unit * unit;
  const float factor = unit / __builtin_sqrtf(spread + row.epsilon);
  const int32_t times = static_cast<int32_t>(count), total = static_cast<int32_t>(sum);
  LITE_INDEPENDENT
  for (int64_t i = 0; i < count; ++i) {
    const float centred = static_cast<float>(times * x[i] - total);
    const float real = centred * factor * row.gamma[i] + row.beta[i];
    y[i] = static_cast<int8_t>(placed(real / row.y_scale, row.to));
  }
}

}  // namespace

extern const Kernels LITE_KERNELS;
const Kernels LITE_KERNELS = {row_moments, map_row, column_moments, map_columns, quantized_row};

}  // namespace lite::norm
