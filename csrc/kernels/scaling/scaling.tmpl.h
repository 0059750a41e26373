// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "base/requant.h"
#include "kernels/scaling/scaling.h"

namespace lite::scaling {
namespace {

// Plain loops: the compiler turns them into vectors.
template <class Integer>
void quantize_run(const void* x, void* y, int64_t count, const Scaling& scaling) {
  const Placement to = {scaling.zero_point, std::numeric_limits<Integer>::min(),
                        std::numeric_limits<Integer>::max()};
  const float* from = static_cast<const float*>(x);
  Integer* out = static_cast<Integer*>(y);
  const float* scales = scaling.scales;
  if (scaling.each) {
    for (int64_t i = 0; i < count; ++i)
      out[i] = static_cast<Integer>(quantize(from[i], scales[i], to));
    return;
  }
  const float scale = *scales;
  for (int64_t i = 0; i < count; ++i) out[i] = static_cast<Integer>(quantize(from[i], scale, to));
}

void place_s8(const float* x, float scale, const Placement& given, int8_t* y, int64_t count) {
  const Placement to = given;  // a copy, which bytes written to y cannot alias
  for (int64_t i = 0; i < count; ++i) y[i] = static_cast<int8_t>(placed(x[i] * scale, to));
}

template <class Integer>
float real_of(Integer q, float scale, int32_t zero_point) {
  if constexpr (sizeof(Integer) < 4)
    return dequantize(q, scale, zero_point);
  else  // the difference may take 33 bits
    return static_cast<float>(int64_t{q} - zero_point) * scale;
}

template <class Integer>
void dequantize_run(const void* x, void* y, int64_t count, const Scaling& scaling) {
  const int32_t zero_point = scaling.zero_point;
  const Integer* from = static_cast<const Integer*>(x);
  float* out = static_cast<float*>(y);
  const float* scales = scaling.scales;
  if (scaling.each) {
    for (int64_t i = 0; i < count; ++i) out[i] = real_of(from[i], scales[i], zero_point);
    return;
  }
  const float scale = *scales;
  for (int64_t i = 0; i < count; ++i) out[i] = real_of(from[i], scale, zero_point);
}

}  // namespace

extern const Kernels LITE_KERNELS;
const Kernels LITE_KERNELS = {
    quantize_run<int8_t>,    quantize_run<uint8_t>,
    quantize_run<int16_t>,   place_s8,
    dequantize_run<int8_t>,  dequantize_run<uint8_t>,
    dequantize_run<int16_t>, dequantize_run<int32_t>,
};

}  // namespace lite::scaling
