// SPDX-License-Identifier: Apache-2.0
#include "kernels/lrn/lrn.h"

#include <algorithm>

#include "ops/checks.h"
#include "ops/elementwise/half.h"
#include "ops/op.h"
#include "ops/reduce/axis.h"

namespace lite {
namespace {

class Lrn final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(check_operands(context, 1, 1));
    const Tensor& x = context.inputs[0];
    const Tensor& y = context.outputs[0];
    LITE_RETURN_IF_ERROR(check_dtype("x", x.dtype, DType::f32));
    LITE_RETURN_IF_ERROR(check_dtype("the output", y.dtype, DType::f32));
    LITE_RETURN_IF_ERROR(check_elements(y, x.shape.count()));
    const Attributes& attributes = *context.attributes;
    const int64_t axis = attributes.integer("axis", 1), size = attributes.integer("size", 5);
    LITE_RETURN_IF_ERROR(check_range("axis", axis, 0, x.shape.rank - 1));
    LITE_RETURN_IF_ERROR(check_range("size", size, 1, INT32_MAX));
    view_ = AxisView::of(x.shape, axis);
    // What a window has beyond the channels adds nothing, and takes its time.
    window_.before = std::min((size - 1) / 2, view_.extent);
    window_.behind = std::min(size / 2, view_.extent);
    window_.alpha = attributes.real("alpha", 1e-4f) / static_cast<float>(size);
    window_.beta = attributes.real("beta", 0.75f);
    window_.bias = attributes.real("bias", 1.0f);
    kernels_ = &lrn::kernels(context.isa);
    return Status();
  }

  void run(const RunContext& context) override {
    const float* x = context.inputs[0].as<float>();
    float* y = context.outputs[0].as<float>();
    const int64_t channels = view_.extent, inner = view_.inner;
    for_each_block(*context.team, view_, kColumns,
                   [&](int64_t outer, int64_t first, int64_t columns) {
                     const int64_t offset = outer * channels * inner + first;
                     if (inner == 1)
                       kernels_->vectors(x + offset, y + offset, 1, channels, window_);
                     else
                       kernels_->columns(x + offset, y + offset, channels, columns, inner, window_);
                   });
  }

 private:
  static constexpr int64_t kColumns = 256;
  AxisView view_;
  lrn::Window window_;
  const lrn::Kernels* kernels_ = nullptr;
};

}  // namespace
}  // namespace lite

LITE_OP(lrn, AlsoHalf<Lrn>, "size alpha beta bias axis", "f32 f16", 0)
