// SPDX-License-Identifier: Apache-2.0
#include "kernels/softmax/softmax.h"
#include "simd/special.h"
#include "simd/table.h"

namespace lite::softmax {
namespace {

using f32 = Simd::f32;
constexpr int kWidth = Simd::kWidth;
constexpr int kVectors = 4;  // accumulators side by side
constexpr int64_t kBlock =
    256;  // vectors that are added up on their own before they join the total

LITE_INLINE int lanes_left(int64_t count, int64_t i) {
  return count - i < kWidth ? static_cast<int>(count - i) : kWidth;
}

// Lanes behind the end are `outside`.
LITE_INLINE f32 load_or(const float* x, int count, float outside) {
  const auto valid = Simd::less(Simd::iota(), Simd::broadcast(int32_t{count}));
  return Simd::select(valid, Simd::load_partial(x, count), Simd::broadcast(outside));
}

// A NaN may hide the greatest: the sum of powers is NaN then, and so is every result.
LITE_INLINE f32 greatest_of_row(const float* x, int64_t count) {
  f32 best[kVectors];
  LITE_UNROLL
  for (int v = 0; v < kVectors; ++v) best[v] = Simd::broadcast(-__builtin_inff());
  int64_t i = 0;
  for (; i + kVectors * kWidth <= count; i += kVectors * kWidth) {
    LITE_UNROLL
    for (int v = 0; v < kVectors; ++v) best[v] = Simd::max(best[v], Simd::load(x + i + v * kWidth));
  }
  for (; i < count; i += kWidth)
    best[0] = Simd::max(best[0], load_or(x + i, lanes_left(count, i), -__builtin_inff()));
  const f32 left = Simd::max(best[0], best[1]), right = Simd::max(best[2], best[3]);
  return Simd::broadcast(Simd::reduce_max(Simd::max(left, right)));
}

// Sum of e^(x - greatest); the powers are kept in y if kStore.
template <bool kStore>
LITE_INLINE float powers_of_row(const float* x, float* y, int64_t count, f32 greatest) {
  f32 total = Simd::broadcast(0.0f);
  int64_t i = 0;
  while (i + kWidth <= count) {
    const int64_t end = i + kBlock * kWidth < count ? i + kBlock * kWidth : count;
    f32 block = Simd::broadcast(0.0f), other = Simd::broadcast(0.0f);
    for (; i + 2 * kWidth <= end; i += 2 * kWidth) {
      const f32 power = exp_f32(Simd::sub(Simd::load(x + i), greatest));
      const f32 next = exp_f32(Simd::sub(Simd::load(x + i + kWidth), greatest));
      if (kStore) Simd::store(y + i, power);
      if (kStore) Simd::store(y + i + kWidth, next);
      block = Simd::add(block, power);
      other = Simd::add(other, next);
    }
    if (i + kWidth <= end) {
      const f32 power = exp_f32(Simd::sub(Simd::load(x + i), greatest));
      if (kStore) Simd::store(y + i, power);
      block = Simd::add(block, power);
      i += kWidth;
    }
    total = Simd::add(total, Simd::add(block, other));
  }
  if (i == count) return Simd::reduce_add(total);
  const int rest = lanes_left(count, i);
  const f32 power = exp_f32(Simd::sub(Simd::load_partial(x + i, rest), greatest));
  if (kStore) Simd::store_partial(y + i, power, rest);
  const auto valid = Simd::less(Simd::iota(), Simd::broadcast(int32_t{rest}));
  return Simd::reduce_add(Simd::add(total, Simd::select(valid, power, Simd::broadcast(0.0f))));
}

struct Softmax {
  static LITE_INLINE void row(const float* x, float* y, int64_t count) {
    const float sum = powers_of_row<true>(x, y, count, greatest_of_row(x, count));
    const f32 factor = Simd::broadcast(1.0f / sum);
    int64_t i = 0;
    for (; i + kWidth <= count; i += kWidth)
      Simd::store(y + i, Simd::mul(Simd::load(y + i), factor));
    const int rest = static_cast<int>(count - i);
    Simd::store_partial(y + i, Simd::mul(Simd::load_partial(y + i, rest), factor), rest);
  }

  static LITE_INLINE void columns(const float* x, float* y, int64_t rows, int64_t stride,
                                  f32 greatest, int count) {
    f32 sum = Simd::broadcast(0.0f);
    for (int64_t r = 0; r < rows; ++r) {
      const f32 power = exp_f32(Simd::sub(Simd::load_partial(x + r * stride, count), greatest));
      Simd::store_partial(y + r * stride, power, count);
      sum = Simd::add(sum, power);
    }
    const f32 factor = Simd::div(Simd::broadcast(1.0f), sum);
    for (int64_t r = 0; r < rows; ++r) {
      float* to = y + r * stride;
      Simd::store_partial(to, Simd::mul(Simd::load_partial(to, count), factor), count);
    }
  }
};

struct LogSoftmax {
  static LITE_INLINE void row(const float* x, float* y, int64_t count) {
    const f32 greatest = greatest_of_row(x, count);
    const f32 log = log_f32(Simd::broadcast(powers_of_row<false>(x, y, count, greatest)));
    for (int64_t i = 0; i < count; i += kWidth) {
      const int lanes = lanes_left(count, i);
      const f32 shifted = Simd::sub(Simd::load_partial(x + i, lanes), greatest);
      Simd::store_partial(y + i, Simd::sub(shifted, log), lanes);
    }
  }

  static LITE_INLINE void columns(const float* x, float* y, int64_t rows, int64_t stride,
                                  f32 greatest, int count) {
    f32 sum = Simd::broadcast(0.0f);
    for (int64_t r = 0; r < rows; ++r)
      sum = Simd::add(sum, exp_f32(Simd::sub(Simd::load_partial(x + r * stride, count), greatest)));
    const f32 log = log_f32(sum);
    for (int64_t r = 0; r < rows; ++r) {
      const f32 shifted = Simd::sub(Simd::load_partial(x + r * stride, count), greatest);
      Simd::store_partial(y + r * stride, Simd::sub(shifted, log), count);
    }
  }
};

template <class Function>
void normalise(const float* x, float* y, int64_t rows, int64_t columns, int64_t stride) {
  if (columns == 1 && stride == 1) return Function::row(x, y, rows);
  for (int64_t c = 0; c < columns; c += kWidth) {
    const int count = lanes_left(columns, c);
    f32 greatest = Simd::broadcast(-__builtin_inff());
    for (int64_t r = 0; r < rows; ++r)
      greatest = Simd::max(greatest, Simd::load_partial(x + r * stride + c, count));
    Function::columns(x + c, y + c, rows, stride, greatest, count);
  }
}

constexpr int64_t kSome = 16;   // from here on the outputs of all distances are worked out first
constexpr int64_t kMany = 512;  // from here on they are looked up by vectors
constexpr int64_t kVeryMany = 2048;  // from here on the powers are, too

LITE_INLINE int8_t output_of(int32_t power, float factor, const Quantized& q) {
  return static_cast<int8_t>(placed(static_cast<float>(power) * factor, q.to));
}

LITE_INLINE int32_t greatest_of(const int8_t* x, int64_t count) {
  int8_t greatest = -128;
  for (int64_t i = 0; i < count; ++i) greatest = x[i] > greatest ? x[i] : greatest;
  return greatest;
}

LITE_INLINE int64_t sum_of_powers(const int8_t* x, int64_t count, int32_t greatest,
                                  const int32_t* powers) {
  int64_t sums[4] = {};  // one would wait for the addition before
  int64_t i = 0;
  for (; i + 4 <= count; i += 4)
    for (int j = 0; j < 4; ++j) sums[j] += powers[greatest - x[i + j]];
  for (; i < count; ++i) sums[0] += powers[greatest - x[i]];
  return sums[0] + sums[1] + sums[2] + sums[3];
}

// The bytes of the powers are looked up one after another.
int64_t sum_of_permuted_powers(const int8_t* x, int64_t count, int32_t greatest,
                               const int32_t* powers) {
  constexpr int kPlanes = 3;
  constexpr int64_t kChunk = 256;
  uint8_t planes[kPlanes][256] = {};  // of -128, -127 and so on
  for (int32_t i = 0; i <= greatest + 128; ++i)
    for (int plane = 0; plane < kPlanes; ++plane)
      planes[plane][i] = static_cast<uint8_t>(powers[greatest + 128 - i] >> 8 * plane);
  int64_t sums[kPlanes] = {};
  for (int64_t i = 0; i < count; i += kChunk) {
    const int64_t length = count - i < kChunk ? count - i : kChunk;
    for (int plane = 0; plane < kPlanes; ++plane) {
      uint8_t bytes[kChunk] = {};
      permute_bytes(reinterpret_cast<const uint8_t*>(x + i), planes[plane], 0x80, bytes, length);
      uint32_t total = 0;
      for (int64_t j = 0; j < kChunk; ++j) total += bytes[j];
      sums[plane] += total;
    }
  }
  return sums[0] + (sums[1] << 8) + (sums[2] << 16);
}

// Whether they have 24 bits.
bool fit_planes(const int32_t* powers) {
  uint32_t bits = 0;
  for (int i = 0; i < 256; ++i) bits |= static_cast<uint32_t>(powers[i]);
  return bits < 1u << 24;
}

// One vector.
void quantized_row(const int8_t* x, int8_t* y, int64_t count, const Quantized& q) {
  const int32_t greatest = greatest_of(x, count);
  const bool permuted = count >= kVeryMany && permutes_bytes() && fit_planes(q.powers);
  const int64_t sum = permuted ? sum_of_permuted_powers(x, count, greatest, q.powers)
                               : sum_of_powers(x, count, greatest, q.powers);
  const float factor = 1.0f / (static_cast<float>(sum) * q.y_scale);
  if (count < kSome) {
    for (int64_t i = 0; i < count; ++i) y[i] = output_of(q.powers[greatest - x[i]], factor, q);
    return;
  }
  int8_t outputs[256];  // by distance from the greatest
  for (int i = 0; i < 256; ++i) outputs[i] = output_of(q.powers[i], factor, q);
  int64_t done = 0;
  if constexpr (ByteTable::kBytes > 0) {
    if (count >= kMany) {
      uint8_t entries[256] = {};  // of -128, -127 and so on
      for (int32_t i = 0; i <= greatest + 128; ++i)
        entries[i] = static_cast<uint8_t>(outputs[greatest + 128 - i]);
      const ByteTable table(entries, 0x80);
      for (; done + ByteTable::kBytes <= count; done += ByteTable::kBytes)
        table.look_up(reinterpret_cast<const uint8_t*>(x + done),
                      reinterpret_cast<uint8_t*>(y + done));
    }
  }
  for (; done < count; ++done) y[done] = outputs[greatest - x[done]];
}

constexpr int kColumns = 64;  // worked on at once

// Neighbouring columns, row after row.
void quantized_columns(const int8_t* x, int8_t* y, int64_t rows, int columns, int64_t stride,
                       const Quantized& q) {
  int8_t greatest[kColumns];
  int64_t sums[kColumns] = {};
  float factors[kColumns];
  for (int c = 0; c < columns; ++c) greatest[c] = -128;
  for (int64_t r = 0; r < rows; ++r)
    for (int c = 0; c < columns; ++c) {
      const int8_t value = x[r * stride + c];
      greatest[c] = value > greatest[c] ? value : greatest[c];
    }
  for (int64_t r = 0; r < rows; ++r)
    for (int c = 0; c < columns; ++c) sums[c] += q.powers[greatest[c] - x[r * stride + c]];
  for (int c = 0; c < columns; ++c) factors[c] = 1.0f / (static_cast<float>(sums[c]) * q.y_scale);
  for (int64_t r = 0; r < rows; ++r)
    for (int c = 0; c < columns; ++c)
      y[r * stride + c] = output_of(q.powers[greatest[c] - x[r * stride + c]], factors[c], q);
}

void quantized(const int8_t* x, int8_t* y, int64_t rows, int64_t columns, int64_t stride,
               const Quantized& given) {
  const Quantized q = given;  // a copy, which bytes written to y cannot alias
  if (columns == 1 && stride == 1) return quantized_row(x, y, rows, q);
  for (int64_t c = 0; c < columns; c += kColumns) {
    const int64_t rest = columns - c;
    quantized_columns(x + c, y + c, rows, static_cast<int>(rest < kColumns ? rest : kColumns),
                      stride, q);
  }
}

}  // namespace

extern const Kernels LITE_KERNELS;
const Kernels LITE_KERNELS = {normalise<Softmax>, normalise<LogSoftmax>, quantized};

}  // namespace lite::softmax
