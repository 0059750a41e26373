// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/arguments.h"
#include "ops/linear/depthwise_conv.h"
#include "ops/linear/gemm_conv.h"
#include "ops/op.h"

namespace lite {
namespace {

using linear::Window;

int64_t extent(int64_t in, int64_t pads, int64_t kernel, int64_t dilation, int64_t stride) {
  const int64_t room = in + pads - (dilation * (kernel - 1) + 1);
  return room < 0 ? -1 : room / stride + 1;
}

Status check_shapes(const PrepareContext& context, const Window& window) {
  const Shape& x = context.inputs[0].shape;
  const Shape& w = context.inputs[1].shape;
  const Shape& y = context.outputs[0].shape;
  const int64_t height = extent(x[1], window.pad_top + window.pad_bottom, window.kernel_height,
                                window.dilation_height, window.stride_height);
  const int64_t width = extent(x[2], window.pad_left + window.pad_right, window.kernel_width,
                               window.dilation_width, window.stride_width);
  if (w[1] * window.groups != x[3] || w[0] % window.groups != 0)
    return error(Code::k_bad_shape, "input %s and weights %s do not fit %lld groups",
                 linear::text(x).c_str(), linear::text(w).c_str(),
                 static_cast<long long>(window.groups));
  if (y.rank != 4 || y[0] != x[0] || y[1] != height || y[2] != width || y[3] != w[0])
    return error(Code::k_bad_shape, "the output is %s, expected [%lld, %lld, %lld, %lld]",
                 linear::text(y).c_str(), static_cast<long long>(x[0]),
                 static_cast<long long>(height), static_cast<long long>(width),
                 static_cast<long long>(w[0]));
  return Status();
}

class Conv2d final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    if (context.inputs.size() < 2 || context.inputs[0].shape.rank != 4)
      return error(Code::k_bad_shape, "expected an input [n, h, w, c] and weights");
    const Shape& weights = context.inputs[1].shape;
    LITE_ASSIGN_OR_RETURN(const Window window, linear::read_window(*context.attributes, weights));
    LITE_ASSIGN_OR_RETURN(const Activation activation,
                          linear::read_activation(*context.attributes));
    LITE_RETURN_IF_ERROR(linear::check_operands(context, linear::kScales, weights[0]));
    LITE_RETURN_IF_ERROR(check_shapes(context, window));
    by_channel_ = window.groups == weights[0] && weights[1] == 1;
    const Packing packing = context.inputs[1].packing;
    if (packing == (by_channel_ ? Packing::p16 : Packing::depthwise))
      return error(Code::k_corrupt_file, "the weights are packed for another kind of convolution");
    by_channel_ ? depthwise_.prepare(context, window, activation)
                : gemm_.prepare(context, window, activation);
    return Status();
  }

  void run(const RunContext& context) override {
    by_channel_ ? depthwise_.run(context) : gemm_.run(context);
  }

  const char* kernel() const override { return by_channel_ ? "depthwise" : gemm_.kernel(); }

 private:
  bool by_channel_ = false;
  linear::DepthwiseConv depthwise_;
  linear::GemmConv gemm_;
};

}  // namespace
}  // namespace lite

LITE_OP(conv2d, Conv2d, "strides pads dilations groups activation alpha beta layout", "f32", 0)
