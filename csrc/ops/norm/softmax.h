// SPDX-License-Identifier: Apache-2.0
// Base of softmax and log_softmax. An op gives a struct with:
//   kernel  the f32 kernel, a member of softmax::Kernels
//   result  (shifted, sum) -> y, for f64
#pragma once

#include <cmath>

#include "kernels/softmax/softmax.h"
#include "ops/checks.h"
#include "ops/elementwise/half.h"
#include "ops/op.h"
#include "ops/reduce/axis.h"

namespace lite {

template <class Function>
class SoftmaxOver final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(check_operands(context, 1, 1));
    const Tensor& x = context.inputs[0];
    const Tensor& y = context.outputs[0];
    if (x.dtype != DType::f64) LITE_RETURN_IF_ERROR(check_dtype("x", x.dtype, DType::f32));
    LITE_RETURN_IF_ERROR(check_dtype("the output", y.dtype, x.dtype));
    LITE_RETURN_IF_ERROR(check_elements(y, x.shape.count()));
    const int64_t axis = context.attributes->integer("axis", 0);
    LITE_RETURN_IF_ERROR(check_range("axis", axis, 0, x.shape.rank - 1));
    view_ = AxisView::of(x.shape, axis);
    kernel_ = softmax::kernels(context.isa).*Function::kernel;
    return Status();
  }

  void run(const RunContext& context) override {
    const Tensor& x = context.inputs[0];
    const Tensor& y = context.outputs[0];
    for_each_block(*context.team, view_, kColumns,
                   [&](int64_t outer, int64_t first, int64_t columns) {
                     const int64_t offset = outer * view_.extent * view_.inner + first;
                     if (x.dtype == DType::f32)
                       kernel_(x.as<float>() + offset, y.as<float>() + offset, view_.extent,
                               columns, view_.inner);
                     else
                       plain(x.as<double>() + offset, y.as<double>() + offset, columns);
                   });
  }

 private:
  static constexpr int64_t kColumns = 64;

  void plain(const double* x, double* y, int64_t columns) const {
    for (int64_t c = 0; c < columns; ++c) {
      double greatest = -HUGE_VAL, sum = 0.0;
      for (int64_t r = 0; r < view_.extent; ++r) {
        const double value = x[r * view_.inner + c];
        if (value > greatest || value != value) greatest = value;
      }
      for (int64_t r = 0; r < view_.extent; ++r) sum += std::exp(x[r * view_.inner + c] - greatest);
      for (int64_t r = 0; r < view_.extent; ++r) {
        const int64_t at = r * view_.inner + c;
        y[at] = Function::result(x[at] - greatest, sum);
      }
    }
  }

  AxisView view_;
  softmax::Normalise kernel_ = nullptr;
};

}  // namespace lite
