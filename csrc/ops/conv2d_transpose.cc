// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "ops/linear/arguments.h"
#include "ops/linear/transposed_conv.h"
#include "ops/op.h"

namespace lite {
namespace {

using linear::Window;

// Extent of the output without the optional extra rows or columns at its end.
int64_t extent(int64_t in, int64_t pads, int64_t kernel, int64_t dilation, int64_t stride) {
  return (in - 1) * stride + dilation * (kernel - 1) + 1 - pads;
}

Status check_shapes(const PrepareContext& context, const Window& window) {
  const Shape& x = context.inputs[0].shape;
  const Shape& w = context.inputs[1].shape;
  const Shape& y = context.outputs[0].shape;
  if (w[0] != x[3] || w[0] % window.groups != 0)
    return error(Code::k_bad_shape, "input %s and weights %s do not fit %lld groups",
                 linear::text(x).c_str(), linear::text(w).c_str(),
                 static_cast<long long>(window.groups));
  const Span<const int64_t> extra = context.attributes->integers("output_pads");
  for (int64_t pad : extra)
    if (pad < 0 || pad > y.count())
      return error(Code::k_bad_shape, "output_pads has %lld", static_cast<long long>(pad));
  const int64_t below = extra.size() == 2 ? extra[0] : 0, beside = extra.size() == 2 ? extra[1] : 0;
  const int64_t height =
      below + extent(x[1], window.pad_top + window.pad_bottom, window.kernel_height,
                     window.dilation_height, window.stride_height);
  const int64_t width =
      beside + extent(x[2], window.pad_left + window.pad_right, window.kernel_width,
                      window.dilation_width, window.stride_width);
  if (y.rank != 4 || y[0] != x[0] || y[1] != height || y[2] != width ||
      y[3] != w[1] * window.groups)
    return error(Code::k_bad_shape, "the output is %s, expected [%lld, %lld, %lld, %lld]",
                 linear::text(y).c_str(), static_cast<long long>(x[0]),
                 static_cast<long long>(height), static_cast<long long>(width),
                 static_cast<long long>(w[1] * window.groups));
  return Status();
}

class Conv2dTranspose final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    if (context.inputs.size() < 2 || context.inputs[0].shape.rank != 4)
      return error(Code::k_bad_shape, "expected an input [n, h, w, c] and weights");
    const Shape& weights = context.inputs[1].shape;
    LITE_ASSIGN_OR_RETURN(const Window window, linear::read_window(*context.attributes, weights));
    LITE_ASSIGN_OR_RETURN(const Activation activation,
                          linear::read_activation(*context.attributes));
    LITE_RETURN_IF_ERROR(
        linear::check_operands(context, linear::kTransposedScales, weights[1] * window.groups));
    LITE_RETURN_IF_ERROR(check_shapes(context, window));
    if (context.inputs[1].packing != Packing::plain)
      return error(Code::k_corrupt_file, "the weights are packed, expected plain ones");
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
