// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "ops/quantized/pair.h"

namespace lite {
namespace {

class QAdd final : public quantized::Pair {
  Status read_scales(const Attributes& attributes, pairs::Parameters& parameters) const override {
    LITE_ASSIGN_OR_RETURN(parameters.a_scale, quantized::read_scale(attributes, "a_scale"));
    parameters.b_scale = attributes.real("b_scale", 0.0f);  // negative to subtract
    return quantized::check_scale("b_scale", std::fabs(parameters.b_scale));
  }
  Choice choose(DType dtype, Isa isa) const override {
    const pairs::Kernels& kernels = pairs::kernels(isa);
    return by_type(dtype, kernels.add_s8, kernels.add_s16);
  }
};

}  // namespace
}  // namespace lite

LITE_OP(q_add, QAdd, "y_zero lo hi a_scale b_scale a_zero b_zero", "s8 s16", kInPlace)
