// SPDX-License-Identifier: Apache-2.0
#include "ops/checks.h"
#include "ops/linear/arguments.h"
#include "ops/linear/q_transposed_conv.h"
#include "ops/linear/requantization.h"
#include "ops/op.h"

namespace lite {
namespace {

class QConv2dTranspose final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(check_operands(context, 4, 1));
    LITE_RETURN_IF_ERROR(check_dtype("x", context.inputs[0].dtype, DType::s8));
    LITE_RETURN_IF_ERROR(check_rank("x", context.inputs[0].shape, 4));
    const Shape& weights = context.inputs[1].shape;
    LITE_ASSIGN_OR_RETURN(const linear::Window window,
                          linear::read_nhwc_window(*context.attributes, weights));
    LITE_ASSIGN_OR_RETURN(const Requantization requantization,
                          linear::read_requantization(context, weights[1] * window.groups));
    LITE_RETURN_IF_ERROR(linear::check_transposed(context, window));
    return conv_.prepare(context, window, requantization);
  }

  void run(const RunContext& context) override { conv_.run(context); }

  const char* kernel() const override { return conv_.kernel(); }

 private:
  linear::QTransposedConv conv_;
};

}  // namespace
}  // namespace lite

LITE_OP(q_conv2d_transpose, QConv2dTranspose,
        "y_zero lo hi x_zero strides pads output_pads dilations groups rounding", "s8", 0)
