// SPDX-License-Identifier: Apache-2.0
#include "kernels/cast/cast.h"

#include <cmath>
#include <limits>
#include <type_traits>

#include "base/half.h"
#include "ops/checks.h"
#include "ops/elementwise/tiles.h"
#include "ops/op.h"

namespace lite {
namespace {

// Towards zero, clamped to the range; NaN gives 0.
template <class To, class From>
To truncated(From x) {
  constexpr From kLow = static_cast<From>(std::numeric_limits<To>::min());
  constexpr From kHigh = static_cast<From>(std::numeric_limits<To>::max());  // or one more
  if (x != x) return 0;
  if (x <= kLow) return std::numeric_limits<To>::min();
  if (x >= kHigh) return std::numeric_limits<To>::max();
  return static_cast<To>(x);
}

template <class To, class From>
To convert(From x) {
  if constexpr (std::is_same_v<From, Half>) {
    if constexpr (std::is_same_v<To, Half>)
      return x;
    else
      return convert<To>(half_to_float(x));
  } else if constexpr (std::is_same_v<To, Half>) {
    if constexpr (std::is_same_v<From, double>)
      return double_to_half(x);
    else
      return float_to_half(static_cast<float>(x));
  } else if constexpr (std::is_same_v<To, bool>) {
    return x != From(0);
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    return truncated<To>(x);
  } else {
    return static_cast<To>(x);
  }
}

using Loop = void (*)(const void* x, void* y, int64_t count);

template <class From, class To>
void loop(const void* x, void* y, int64_t count) {
  const From* from = static_cast<const From*>(x);
  To* to = static_cast<To*>(y);
  for (int64_t i = 0; i < count; ++i) to[i] = convert<To>(from[i]);
}

template <class From>
Loop loop_from(DType to) {
  switch (to) {
    case DType::f32:
      return loop<From, float>;
    case DType::f16:
      return loop<From, Half>;
    case DType::f64:
      return loop<From, double>;
    case DType::s8:
      return loop<From, int8_t>;
    case DType::u8:
      return loop<From, uint8_t>;
    case DType::s16:
      return loop<From, int16_t>;
    case DType::u16:
      return loop<From, uint16_t>;
    case DType::s32:
      return loop<From, int32_t>;
    case DType::u32:
      return loop<From, uint32_t>;
    case DType::s64:
      return loop<From, int64_t>;
    case DType::u64:
      return loop<From, uint64_t>;
    case DType::boolean:
      return loop<From, bool>;
    case DType::bf16:
      return nullptr;
  }
  return nullptr;
}

Loop loop_for(DType from, DType to) {
  switch (from) {
    case DType::f32:
      return loop_from<float>(to);
    case DType::f16:
      return loop_from<Half>(to);
    case DType::f64:
      return loop_from<double>(to);
    case DType::s8:
      return loop_from<int8_t>(to);
    case DType::u8:
      return loop_from<uint8_t>(to);
    case DType::s16:
      return loop_from<int16_t>(to);
    case DType::u16:
      return loop_from<uint16_t>(to);
    case DType::s32:
      return loop_from<int32_t>(to);
    case DType::u32:
      return loop_from<uint32_t>(to);
    case DType::s64:
      return loop_from<int64_t>(to);
    case DType::u64:
      return loop_from<uint64_t>(to);
    case DType::boolean:
      return loop_from<bool>(to);
    case DType::bf16:
      return nullptr;
  }
  return nullptr;
}

template <class From, class To, void (*cast::Kernels::*kKernel)(const From*, To*, int64_t)>
void vector_loop(const cast::Kernels& kernels, const void* x, void* y, int64_t count) {
  (kernels.*kKernel)(static_cast<const From*>(x), static_cast<To*>(y), count);
}

using VectorLoop = void (*)(const cast::Kernels& kernels, const void* x, void* y, int64_t count);

VectorLoop vector_loop_for(DType from, DType to) {
  using cast::Kernels;
  if (from == DType::f32 && to == DType::f16) return vector_loop<float, Half, &Kernels::f32_f16>;
  if (to != DType::f32) return nullptr;
  switch (from) {
    case DType::f16:
      return vector_loop<Half, float, &Kernels::f16_f32>;
    case DType::s8:
      return vector_loop<int8_t, float, &Kernels::s8_f32>;
    case DType::u8:
      return vector_loop<uint8_t, float, &Kernels::u8_f32>;
    case DType::s32:
      return vector_loop<int32_t, float, &Kernels::s32_f32>;
    default:
      return nullptr;
  }
}

// The type to convert to is that of the output.
class Cast final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(check_operands(context, 1, 1));
    const Tensor& x = context.inputs[0];
    const Tensor& y = context.outputs[0];
    LITE_RETURN_IF_ERROR(check_elements(y, x.shape.count()));
    loop_ = loop_for(x.dtype, y.dtype);
    if (loop_ == nullptr)
      return error(Code::k_unsupported_op, "there is no conversion from %s to %s",
                   dtype_name(x.dtype), dtype_name(y.dtype));
    vector_loop_ = vector_loop_for(x.dtype, y.dtype);
    kernels_ = &cast::kernels(context.isa);
    x_bytes_ = dtype_size_bytes(x.dtype);
    y_bytes_ = dtype_size_bytes(y.dtype);
    return Status();
  }

  void run(const RunContext& context) override {
    const std::byte* x = context.inputs[0].data;
    std::byte* y = context.outputs[0].data;
    const int64_t all = context.outputs[0].shape.count();
    for_each_tile(*context.team, all, [&](int64_t begin, int64_t end) {
      const std::byte* from = x + static_cast<size_t>(begin) * x_bytes_;
      std::byte* to = y + static_cast<size_t>(begin) * y_bytes_;
      if (vector_loop_ != nullptr)
        vector_loop_(*kernels_, from, to, end - begin);
      else
        loop_(from, to, end - begin);
    });
  }

 private:
  Loop loop_ = nullptr;
  VectorLoop vector_loop_ = nullptr;  // instead, where there is one
  const cast::Kernels* kernels_ = nullptr;
  size_t x_bytes_ = 0, y_bytes_ = 0;  // of an element
};

}  // namespace
}  // namespace lite

LITE_OP(cast, Cast, "to", "f32 f16 f64 s8 u8 s16 u16 s32 u32 s64 u64 bool", kInPlace)
