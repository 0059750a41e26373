// SPDX-License-Identifier: Apache-2.0
#include "kernels/softmax/softmax.h"
#include "ops/checks.h"
#include "ops/op.h"
#include "ops/quantized/parameters.h"
#include "ops/reduce/axis.h"

namespace lite {
namespace {

class QSoftmax final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(check_operands(context, 2, 1));
    const Tensor& x = context.inputs[0];
    const Tensor& powers = context.inputs[1];
    const Tensor& y = context.outputs[0];
    LITE_RETURN_IF_ERROR(check_dtype("x", x.dtype, DType::s8));
    LITE_RETURN_IF_ERROR(check_dtype("the output", y.dtype, DType::s8));
    LITE_RETURN_IF_ERROR(check_elements(y, x.shape.count()));
    LITE_RETURN_IF_ERROR(check_dtype("the powers", powers.dtype, DType::s32));
    LITE_RETURN_IF_ERROR(check_rank("the powers", powers.shape, 1));
    LITE_RETURN_IF_ERROR(check_range("the number of powers", powers.shape[0], 256, 256));
    const Attributes& attributes = *context.attributes;
    const int64_t axis = attributes.integer("axis", 0);
    LITE_RETURN_IF_ERROR(check_range("axis", axis, 0, x.shape.rank - 1));
    LITE_ASSIGN_OR_RETURN(quantized_.y_scale, quantized::read_scale(attributes, "y_scale"));
    LITE_ASSIGN_OR_RETURN(quantized_.to, quantized::read_placement(attributes, DType::s8));
    view_ = AxisView::of(x.shape, axis);
    kernel_ = softmax::kernels(context.isa).quantized;
    return Status();
  }

  void run(const RunContext& context) override {
    softmax::Quantized quantized = quantized_;
    quantized.powers = context.inputs[1].as<int32_t>();
    const int8_t* x = context.inputs[0].as<int8_t>();
    int8_t* y = context.outputs[0].as<int8_t>();
    for_each_block(*context.team, view_, kColumns,
                   [&](int64_t outer, int64_t first, int64_t columns) {
                     const int64_t offset = outer * view_.extent * view_.inner + first;
                     kernel_(x + offset, y + offset, view_.extent, columns, view_.inner, quantized);
                   });
  }

 private:
  static constexpr int64_t kColumns = 64;

  AxisView view_;
  softmax::Quantized quantized_;
  void (*kernel_)(const int8_t* x, int8_t* y, int64_t rows, int64_t columns, int64_t stride,
                  const softmax::Quantized& quantized) = nullptr;
};

}  // namespace
}  // namespace lite

LITE_OP(q_softmax, QSoftmax, "y_zero lo hi axis y_scale", "s8", kInPlace)
