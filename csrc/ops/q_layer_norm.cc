// SPDX-License-Identifier: Apache-2.0
#include "kernels/norm/norm.h"
#include "ops/checks.h"
#include "ops/op.h"
#include "ops/quantized/parameters.h"
#include "ops/reduce/axis.h"

namespace lite {
namespace {

class QLayerNorm final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(check_operands(context, 3, 1));
    const Tensor& x = context.inputs[0];
    const Tensor& y = context.outputs[0];
    LITE_RETURN_IF_ERROR(check_dtype("x", x.dtype, DType::s8));
    LITE_RETURN_IF_ERROR(check_dtype("the output", y.dtype, DType::s8));
    LITE_RETURN_IF_ERROR(check_elements(y, x.shape.count()));
    const Attributes& attributes = *context.attributes;
    const int64_t axis = attributes.integer("axis", 1);
    LITE_RETURN_IF_ERROR(check_range("axis", axis, 0, x.shape.rank - 1));
    const int64_t count = x.shape.count(static_cast<int>(axis), x.shape.rank);
    LITE_RETURN_IF_ERROR(check_range("the elements of a row", count, 0, norm::kMostInQuantizedRow));
    rows_ = {1, count, x.shape.count(0, static_cast<int>(axis))};
    for (size_t i : {1, 2}) {
      LITE_RETURN_IF_ERROR(check_dtype("a parameter", context.inputs[i].dtype, DType::f32));
      LITE_RETURN_IF_ERROR(check_range("a parameter's element count",
                                       context.inputs[i].shape.count(), count, count));
    }
    LITE_ASSIGN_OR_RETURN(row_.epsilon, quantized::read_scale(attributes, "epsilon"));
    LITE_ASSIGN_OR_RETURN(row_.x_scale, quantized::read_scale(attributes, "x_scale"));
    LITE_ASSIGN_OR_RETURN(row_.y_scale, quantized::read_scale(attributes, "y_scale"));
    LITE_ASSIGN_OR_RETURN(row_.to, quantized::read_placement(attributes, DType::s8));
    kernel_ = norm::kernels(context.isa).quantized_row;
    return Status();
  }

  void run(const RunContext& context) override {
    norm::QuantizedRow row = row_;
    row.gamma = context.inputs[1].as<float>();
    row.beta = context.inputs[2].as<float>();
    const int8_t* x = context.inputs[0].as<int8_t>();
    int8_t* y = context.outputs[0].as<int8_t>();
    for_each_block(*context.team, rows_, 1, [&](int64_t, int64_t index, int64_t) {
      const int64_t offset = index * rows_.extent;
      kernel_(x + offset, y + offset, rows_.extent, row);
    });
  }

 private:
  AxisView rows_;  // inner: rows; extent: elements of one
  norm::QuantizedRow row_;
  void (*kernel_)(const int8_t* x, int8_t* y, int64_t count,
                  const norm::QuantizedRow& row) = nullptr;
};

}  // namespace
}  // namespace lite

LITE_OP(q_layer_norm, QLayerNorm, "y_zero lo hi axis epsilon x_scale y_scale", "s8", kInPlace)
