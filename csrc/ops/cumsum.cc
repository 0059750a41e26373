// SPDX-License-Identifier: Apache-2.0
#include <type_traits>

#include "ops/checks.h"
#include "ops/elementwise/half.h"
#include "ops/elementwise/integers.h"
#include "ops/op.h"
#include "ops/reduce/axis.h"

namespace lite {
namespace {

constexpr int64_t kColumns = 64;

struct Direction {
  bool exclusive = false;
  bool reverse = false;
};

using Scan = void (*)(const void* x, void* y, const AxisView& view, int64_t offset, int64_t columns,
                      Direction direction);

// Floats are summed in f64. y may be x.
template <class T>
void scan(const void* from, void* to, const AxisView& view, int64_t offset, int64_t columns,
          Direction direction) {
  using Sum = std::conditional_t<std::is_floating_point_v<T>, double, T>;
  Sum sums[kColumns] = {};
  for (int64_t i = 0; i < view.extent; ++i) {
    const int64_t row = direction.reverse ? view.extent - 1 - i : i;
    const T* x = static_cast<const T*>(from) + offset + row * view.inner;
    T* y = static_cast<T*>(to) + offset + row * view.inner;
    for (int64_t c = 0; c < columns; ++c) {
      const Sum before = sums[c];
      sums[c] = wrapping_add(before, static_cast<Sum>(x[c]));
      y[c] = static_cast<T>(direction.exclusive ? before : sums[c]);
    }
  }
}

Scan scan_for(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return scan<float>;
    case DType::f64:
      return scan<double>;
    case DType::s8:
      return scan<int8_t>;
    case DType::u8:
      return scan<uint8_t>;
    case DType::s16:
      return scan<int16_t>;
    case DType::u16:
      return scan<uint16_t>;
    case DType::s32:
      return scan<int32_t>;
    case DType::u32:
      return scan<uint32_t>;
    case DType::s64:
      return scan<int64_t>;
    case DType::u64:
      return scan<uint64_t>;
    default:
      return nullptr;
  }
}

class Cumsum final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(check_operands(context, 1, 1));
    const Tensor& x = context.inputs[0];
    const Tensor& y = context.outputs[0];
    LITE_RETURN_IF_ERROR(check_dtype("the output", y.dtype, x.dtype));
    LITE_RETURN_IF_ERROR(check_elements(y, x.shape.count()));
    const int64_t axis = context.attributes->integer("axis", 0);
    LITE_RETURN_IF_ERROR(check_range("axis", axis, 0, x.shape.rank - 1));
    view_ = AxisView::of(x.shape, axis);
    direction_.exclusive = context.attributes->boolean("exclusive", false);
    direction_.reverse = context.attributes->boolean("reverse", false);
    scan_ = scan_for(x.dtype);
    if (scan_ != nullptr) return Status();
    return error(Code::k_unsupported_op, "x is %s, which has no kernel", dtype_name(x.dtype));
  }

  void run(const RunContext& context) override {
    for_each_block(*context.team, view_, kColumns,
                   [&](int64_t outer, int64_t first, int64_t columns) {
                     scan_(context.inputs[0].data, context.outputs[0].data, view_,
                           outer * view_.extent * view_.inner + first, columns, direction_);
                   });
  }

 private:
  AxisView view_;
  Direction direction_;
  Scan scan_ = nullptr;
};

}  // namespace
}  // namespace lite

LITE_OP(cumsum, AlsoHalf<Cumsum>, "axis exclusive reverse",
        "f32 f16 f64 s8 u8 s16 u16 s32 u32 s64 u64", kInPlace)
