// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstring>

#include "ops/elementwise/unary.h"

namespace lite {
namespace {

struct ByErf {
  static constexpr auto kernel = &unary::Kernels::gelu;
  static double apply(double x, const unary::Parameters&) {
    return 0.5 * x * std::erfc(x * -0.70710678118654752);
  }
};

struct ByTanh {
  static constexpr auto kernel = &unary::Kernels::gelu_tanh;
  static double apply(double x, const unary::Parameters&) {
    const double inner = 0.79788456080286536 * (x + 0.044715 * x * x * x);
    return x / (1.0 + std::exp(-2.0 * inner));
  }
};

class Gelu final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    const char* approximate = context.attributes->text("approximate", "none");
    if (std::strcmp(approximate, "tanh") == 0)
      op_ = std::make_unique<FloatUnary<ByTanh>>();
    else if (std::strcmp(approximate, "none") == 0)
      op_ = std::make_unique<FloatUnary<ByErf>>();
    else
      return error(Code::k_unsupported_op, "approximate is '%s', expected 'none' or 'tanh'",
                   approximate);
    return op_->prepare(context);
  }
  void run(const RunContext& context) override { op_->run(context); }

 private:
  std::unique_ptr<Op> op_;
};

}  // namespace
}  // namespace lite

LITE_OP(gelu, Gelu, "approximate", "f32 f16 f64", kInPlace)
