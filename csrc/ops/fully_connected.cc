// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "ops/linear/arguments.h"
#include "ops/linear/matrix_product.h"
#include "ops/op.h"

namespace lite {
namespace {

class FullyConnected final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    if (context.inputs.size() < 2 || context.inputs[0].shape.rank < 1 ||
        context.inputs[1].shape.rank != 2)
      return error(Code::k_bad_shape, "expected an input [..., k] and weights [k, n]");
    const Shape& x = context.inputs[0].shape;
    const Shape& w = context.inputs[1].shape;
    LITE_ASSIGN_OR_RETURN(const Activation activation,
                          linear::read_activation(*context.attributes));
    LITE_RETURN_IF_ERROR(linear::check_operands(context, linear::kScales, w[1]));
    Shape expected = x;
    expected[x.rank - 1] = w[1];
    if (x[x.rank - 1] != w[0] || context.outputs[0].shape != expected)
      return error(Code::k_bad_shape, "input %s, weights %s and output %s do not fit",
                   linear::text(x).c_str(), linear::text(w).c_str(),
                   linear::text(context.outputs[0].shape).c_str());
    if (context.inputs[1].packing == Packing::depthwise)
      return error(Code::k_corrupt_file, "the weights are packed for a convolution");
    linear::ProductShape shape;
    shape.m = x.count(0, x.rank - 1);
    shape.n = w[1];
    shape.k = w[0];
    in_halves_ = context.inputs[0].dtype == DType::f16;
    return in_halves_ ? half_product_.prepare(context, shape, activation, linear::kScales)
                      : product_.prepare(context, shape, activation, linear::kScales);
  }

  void run(const RunContext& context) override {
    in_halves_ ? half_product_.run(context) : product_.run(context);
  }
  const char* kernel() const override {
    return in_halves_ ? half_product_.kernel() : product_.kernel();
  }
  Span<const std::byte> wanted_early() const override {
    return in_halves_ ? half_product_.wanted_early() : product_.wanted_early();
  }

 private:
  bool in_halves_ = false;
  linear::MatrixProduct product_;
  linear::MatrixProductOf<Half> half_product_;
};

}  // namespace
}  // namespace lite

LITE_OP(fully_connected, FullyConnected, "activation alpha beta", "f32", kHalves)
