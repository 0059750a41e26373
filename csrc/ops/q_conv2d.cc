// SPDX-License-Identifier: Apache-2.0
#include "ops/checks.h"
#include "ops/linear/arguments.h"
#include "ops/linear/int16_layer.h"
#include "ops/linear/output_table.h"
#include "ops/linear/q_depthwise_conv.h"
#include "ops/linear/q_gemm_conv.h"
#include "ops/linear/requantization.h"
#include "ops/op.h"

namespace lite {
namespace {

class QConv2d final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    if (context.inputs.size() < 2 || context.inputs[0].shape.rank != 4)
      return error(Code::k_bad_shape, "expected an input [n, h, w, c] and weights");
    const Tensor& weights = context.inputs[1];
    LITE_ASSIGN_OR_RETURN(const linear::Window window,
                          linear::read_nhwc_window(*context.attributes, weights.shape));
    LITE_ASSIGN_OR_RETURN(const Requantization requantization,
                          linear::read_requantization(context, weights.shape[0], true));
    LITE_RETURN_IF_ERROR(linear::check_images(context, window));
    by_channel_ = window.groups == weights.shape[0] && weights.shape[1] == 1;
    if (weights.packing != Packing::plain &&
        weights.packing != (by_channel_ ? Packing::depthwise : Packing::p16x4))
      return error(Code::k_corrupt_file, "the weights are packed for another kind of convolution");
    linear::OutputTable table;
    LITE_RETURN_IF_ERROR(table.prepare(context));
    halves_ = context.inputs[0].dtype == DType::s16;
    if (halves_) {
      int16_.prepare_convolution(context, window, requantization);
    } else if (by_channel_) {
      depthwise_.prepare(context, window, requantization, table);
    } else {
      gemm_.prepare(context, window, requantization, table);
    }
    return Status();
  }

  std::vector<const char*> alternatives() const override {
    return halves_ || by_channel_ ? std::vector<const char*>() : gemm_.alternatives();
  }

  void run(const RunContext& context) override {
    if (halves_) return int16_.run(context);
    by_channel_ ? depthwise_.run(context) : gemm_.run(context);
  }

  const char* kernel() const override {
    if (halves_) return int16_.kernel();
    return by_channel_ ? depthwise_.kernel() : gemm_.kernel();
  }

 private:
  bool by_channel_ = false, halves_ = false;  // halves: elements of 16 bits
  linear::Int16Layer int16_;
  linear::QDepthwiseConv depthwise_;
  linear::QGemmConv gemm_;
};

}  // namespace
}  // namespace lite

LITE_OP(q_conv2d, QConv2d,
        "strides pads dilations groups x_zero y_zero lo hi residual_scale residual_zero rounding",
        "s8 s16", kPitchedInputs | kPitchedOutputs)
