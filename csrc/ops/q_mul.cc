// SPDX-License-Identifier: Apache-2.0
#include "ops/quantized/pair.h"

namespace lite {
namespace {

class QMul final : public quantized::Pair {
  Status read_scales(const Attributes& attributes, pairs::Parameters& parameters) const override {
    LITE_ASSIGN_OR_RETURN(parameters.a_scale, quantized::read_scale(attributes, "scale"));
    return Status();
  }
  Choice choose(DType dtype, Isa isa) const override {
    const pairs::Kernels& kernels = pairs::kernels(isa);
    return by_type(dtype, kernels.mul_s8, kernels.mul_s16);
  }
};

}  // namespace
}  // namespace lite

LITE_OP(q_mul, QMul, "y_zero lo hi scale a_zero b_zero", "s8 s16", kInPlace)
