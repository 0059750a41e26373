// SPDX-License-Identifier: Apache-2.0
// Base of arg_max and arg_min. An op gives a struct with `better(candidate, best)`, and `kernel`,
// the member of reduce::Kernels that finds the best value of a row of f32.
#pragma once

#include "kernels/reduce/reduce.h"
#include "ops/checks.h"
#include "ops/elementwise/half.h"
#include "ops/op.h"
#include "ops/reduce/axis.h"

namespace lite {

template <class Order>
class ArgReduce final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(check_operands(context, 1, 1));
    const Tensor& x = context.inputs[0];
    const Tensor& y = context.outputs[0];
    LITE_RETURN_IF_ERROR(check_dtype("the output", y.dtype, DType::s64));
    const int64_t axis = context.attributes->integer("axis", 0);
    LITE_RETURN_IF_ERROR(check_range("axis", axis, 0, x.shape.rank - 1));
    view_ = AxisView::of(x.shape, axis);
    LITE_RETURN_IF_ERROR(check_range("the axis' extent", view_.extent, 1, INT64_MAX));
    LITE_RETURN_IF_ERROR(check_elements(y, view_.outer * view_.inner));
    last_ = context.attributes->boolean("select_last", false);
    (consider<float, double, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t,
              uint64_t>(x.dtype));
    fold_ = x.dtype == DType::f32 && view_.inner == 1 ? reduce::kernels(context.isa).*Order::kernel
                                                      : nullptr;
    if (search_ != nullptr) return Status();
    return error(Code::k_unsupported_op, "x is %s, which has no kernel", dtype_name(x.dtype));
  }

  void run(const RunContext& context) override {
    for_each_block(*context.team, view_, kColumns,
                   [&](int64_t outer, int64_t first, int64_t columns) {
                     if (fold_ != nullptr)
                       search_row(context, outer);
                     else
                       search_(context.inputs[0].data, context.outputs[0].as<int64_t>(), view_,
                               outer, first, columns, last_);
                   });
  }

 private:
  static constexpr int64_t kColumns = 64;
  using Search = void (*)(const void* x, int64_t* y, const AxisView& view, int64_t outer,
                          int64_t first, int64_t columns, bool last);

  template <class... Types>
  void consider(DType dtype) {
    search_ = nullptr;
    ((DTypeOf<Types>::value == dtype ? void(search_ = search<Types>) : void()), ...);
  }

  // First the best value, then where it stands: both are plain sweeps.
  void search_row(const RunContext& context, int64_t row) const {
    const float* x = context.inputs[0].as<float>() + row * view_.extent;
    float best;
    fold_(x, &best, view_.extent, 1, 1);
    const bool nan = best != best;
    const auto found = [&](int64_t i) { return nan ? x[i] != x[i] : x[i] == best; };
    int64_t place = 0;
    for (int64_t i = 0; i < view_.extent; ++i) {
      place = last_ ? view_.extent - 1 - i : i;
      if (found(place)) break;
    }
    context.outputs[0].as<int64_t>()[row] = place;
  }

  template <class T>
  static void search(const void* data, int64_t* y, const AxisView& view, int64_t outer,
                     int64_t first, int64_t columns, bool last) {
    const T* x = static_cast<const T*>(data) + outer * view.extent * view.inner + first;
    y += outer * view.inner + first;
    T best[kColumns];
    for (int64_t c = 0; c < columns; ++c) {
      best[c] = x[c];
      y[c] = 0;
    }
    for (int64_t r = 1; r < view.extent; ++r) {
      const T* row = x + r * view.inner;
      for (int64_t c = 0; c < columns; ++c) {
        if (!better(row[c], best[c], last)) continue;
        best[c] = row[c];
        y[c] = r;
      }
    }
  }

  template <class T>
  static bool better(T candidate, T best, bool last) {
    const bool candidate_nan = candidate != candidate, best_nan = best != best;
    if (candidate_nan || best_nan) return candidate_nan && (last || !best_nan);
    return Order::better(candidate, best) || (last && candidate == best);
  }

  AxisView view_;
  bool last_ = false;
  Search search_ = nullptr;
  reduce::Fold fold_ = nullptr;
};

}  // namespace lite
