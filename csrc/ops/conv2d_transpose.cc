// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/arguments.h"
#include "ops/linear/transposed_conv.h"
#include "ops/op.h"

namespace lite {
namespace {

class Conv2dTranspose final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    if (context.inputs.size() < 2 || context.inputs[0].shape.rank != 4)
      return error(Code::k_bad_shape, "expected an input [n, h, w, c] and weights");
    const Shape& weights = context.inputs[1].shape;
    LITE_ASSIGN_OR_RETURN(const linear::Window window,
                          linear::read_window(*context.attributes, weights));
    LITE_ASSIGN_OR_RETURN(const Activation activation,
                          linear::read_activation(*context.attributes));
    LITE_RETURN_IF_ERROR(
        linear::check_operands(context, linear::kTransposedScales, weights[1] * window.groups));
    LITE_RETURN_IF_ERROR(linear::check_transposed(context, window));
    return conv_.prepare(context, window, activation);
  }

  void run(const RunContext& context) override { conv_.run(context); }

 private:
  linear::TransposedConv conv_;
};

}  // namespace
}  // namespace lite

LITE_OP(conv2d_transpose, Conv2dTranspose,
        "strides pads output_pads dilations groups activation alpha beta layout", "f32", 0)
