// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "ops/checks.h"
#include "ops/op.h"

namespace lite {
namespace {

// NaN is greater than every number.
template <class T>
bool less(T a, T b) {
  return a < b || (b != b && a == a);
}

// Order of the output: by value, equal ones by index.
template <class T, bool kLargest>
struct Before {
  const T* x;
  int64_t stride;

  bool operator()(int64_t a, int64_t b) const {
    const T left = x[a * stride], right = x[b * stride];
    if (less(left, right)) return !kLargest;
    if (less(right, left)) return kLargest;
    return a < b;
  }
};

template <class Order>
void order_first(int64_t* indices, int64_t count, int64_t k, const Order& order) {
  if (k < count / 8) return std::partial_sort(indices, indices + k, indices + count, order);
  if (k < count) std::nth_element(indices, indices + k, indices + count, order);
  std::sort(indices, indices + k, order);
}

class TopK final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(check_operands(context, 1, 2));
    const Shape& x = context.inputs[0].shape;
    const Tensor& values = context.outputs[0];
    const int64_t axis = context.attributes->integer("axis", 0);
    LITE_RETURN_IF_ERROR(check_range("axis", axis, 0, x.rank - 1));
    largest_ = context.attributes->boolean("largest", true);
    extent_ = x[static_cast<int>(axis)];
    Shape expected = x;
    LITE_RETURN_IF_ERROR(check_rank("the values", values.shape, x.rank));
    k_ = expected[static_cast<int>(axis)] = values.shape[static_cast<int>(axis)];
    LITE_RETURN_IF_ERROR(check_range("k", k_, 0, extent_));
    LITE_RETURN_IF_ERROR(check_shape("the values", values.shape, expected));
    LITE_RETURN_IF_ERROR(check_shape("the indices", context.outputs[1].shape, expected));
    LITE_RETURN_IF_ERROR(check_dtype("the values", values.dtype, context.inputs[0].dtype));
    LITE_RETURN_IF_ERROR(check_dtype("the indices", context.outputs[1].dtype, DType::s64));
    inner_ = x.count(static_cast<int>(axis) + 1, x.rank);
    lines_ = x.count(0, static_cast<int>(axis)) * inner_;
    context.scratch_bytes += static_cast<size_t>(context.threads * extent_) * sizeof(int64_t);
    return Status();
  }

  void run(const RunContext& context) override {
    switch (context.inputs[0].dtype) {
      case DType::f32:
        return run_typed<float>(context);
      case DType::f64:
        return run_typed<double>(context);
      case DType::s8:
        return run_typed<int8_t>(context);
      case DType::u8:
        return run_typed<uint8_t>(context);
      case DType::s32:
        return run_typed<int32_t>(context);
      default:
        return run_typed<int64_t>(context);
    }
  }

 private:
  template <class T>
  void run_typed(const RunContext& context) const {
    int64_t* scratch = reinterpret_cast<int64_t*>(context.scratch);
    if (k_ == 0) return;
    const auto line = [&](int64_t line, int thread) {
      order_line<T>(context, line, scratch + thread * extent_);
    };
    if (lines_ == 1) return line(0, 0);
    context.team->parallel_for_with_thread(lines_, line);
  }

  template <class T>
  void order_line(const RunContext& context, int64_t line, int64_t* indices) const {
    const int64_t outer = line / inner_, inner = line % inner_;
    const T* x = context.inputs[0].as<T>() + outer * extent_ * inner_ + inner;
    for (int64_t i = 0; i < extent_; ++i) indices[i] = i;
    if (largest_)
      order_first(indices, extent_, k_, Before<T, true>{x, inner_});
    else
      order_first(indices, extent_, k_, Before<T, false>{x, inner_});
    const int64_t start = outer * k_ * inner_ + inner;
    for (int64_t i = 0; i < k_; ++i) {
      context.outputs[0].as<T>()[start + i * inner_] = x[indices[i] * inner_];
      context.outputs[1].as<int64_t>()[start + i * inner_] = indices[i];
    }
  }

  bool largest_ = true;
  int64_t extent_ = 0, k_ = 0, inner_ = 1, lines_ = 0;
};

}  // namespace
}  // namespace lite

LITE_OP(top_k, TopK, "k axis largest sorted", "f32 f64 s8 u8 s32 s64", 0)
