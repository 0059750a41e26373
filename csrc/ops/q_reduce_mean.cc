// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/means/means.h"
#include "ops/quantized/parameters.h"
#include "ops/reduce/reduce.h"

namespace lite {
namespace {

class QReduceMean final : public ReduceBase {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(ReduceBase::prepare(context));
    const Attributes& attributes = *context.attributes;
    const DType dtype = context.inputs[0].dtype;
    LITE_ASSIGN_OR_RETURN(parameters_.scale, quantized::read_scale(attributes, "scale"));
    LITE_ASSIGN_OR_RETURN(parameters_.x_zero,
                          quantized::read_zero_point(attributes, "x_zero", dtype));
    LITE_ASSIGN_OR_RETURN(parameters_.to, quantized::read_placement(attributes, dtype));
    parameters_.kernels = &means::kernels(context.isa);
    return Status();
  }

 private:
  struct Parameters {
    float scale = 0.0f;
    int32_t x_zero = 0;
    Placement to;
    const means::Kernels* kernels = nullptr;
  };

  static means::Mean mean_of(const Parameters& parameters, int64_t folded) {
    const float count = static_cast<float>(std::max<int64_t>(folded, 1));
    return {parameters.scale / count, folded * parameters.x_zero, parameters.to};
  }
  static void finish_s8(const void* x, void* y, int64_t count, int64_t folded, const void* given) {
    const Parameters& parameters = *static_cast<const Parameters*>(given);
    parameters.kernels->place_s8(static_cast<const int32_t*>(x), static_cast<int8_t*>(y), count,
                                 mean_of(parameters, folded));
  }
  static void finish_s16(const void* x, void* y, int64_t count, int64_t folded, const void* given) {
    const Parameters& parameters = *static_cast<const Parameters*>(given);
    parameters.kernels->place_s16(static_cast<const int64_t*>(x), static_cast<int16_t*>(y), count,
                                  mean_of(parameters, folded));
  }

  Choice choose(DType dtype, Isa isa) const override {
    const means::Kernels& kernels = means::kernels(isa);
    if (dtype == DType::s8)
      return {kernels.sum_s8, kernels.sum_s32, finish_s8, sizeof(int32_t), true};
    if (dtype == DType::s16)
      return {kernels.sum_s16, kernels.sum_s64, finish_s16, sizeof(int64_t), true};
    return {};
  }
  const void* parameters() const override { return &parameters_; }

  Parameters parameters_;
};

}  // namespace
}  // namespace lite

LITE_OP(q_reduce_mean, QReduceMean, "y_zero lo hi axes keepdims scale x_zero", "s8 s16", 0)
