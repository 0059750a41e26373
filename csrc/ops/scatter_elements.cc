// SPDX-License-Identifier: Apache-2.0
#include "ops/movement/indices.h"
#include "ops/movement/scatter.h"
#include "ops/movement/strided_copy.h"
#include "ops/op.h"

namespace lite {
namespace {

// Negative indices count from the end; what is still outside is clamped. Updates apply in order, so
// they run on one thread.
class ScatterElements final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(check_operands(context, 3, 1));
    const Tensor& x = context.inputs[0];
    const Tensor& updates = context.inputs[2];
    const int64_t axis = context.attributes->integer("axis", 0);
    LITE_RETURN_IF_ERROR(places_.prepare(x, context.inputs[1], axis));
    LITE_RETURN_IF_ERROR(check_shape("the output", context.outputs[0].shape, x.shape));
    LITE_RETURN_IF_ERROR(check_dtype("the output", context.outputs[0].dtype, x.dtype));
    LITE_RETURN_IF_ERROR(check_dtype("the updates", updates.dtype, x.dtype));
    LITE_RETURN_IF_ERROR(check_shape("the updates", updates.shape, context.inputs[1].shape));
    element_bytes_ = static_cast<int64_t>(dtype_size_bytes(x.dtype));
    LITE_ASSIGN_OR_RETURN(reduce_,
                          choose_reduction(context.attributes->text("reduction", "none"), x.dtype));
    return Status();
  }

  void run(const RunContext& context) override {
    const Indices indices(context.inputs[1]);
    const std::byte* updates = context.inputs[2].data;
    std::byte* y = context.outputs[0].data;
    start_from(context.inputs[0], context.outputs[0]);
    for (int64_t i = 0, count = places_.count(); i < count; ++i)
      reduce_(y + places_.at(indices, i) * element_bytes_, updates + i * element_bytes_, 1);
  }

 private:
  ElementPlaces places_;
  Reduce reduce_ = nullptr;
  int64_t element_bytes_ = 1;
};

}  // namespace
}  // namespace lite

LITE_OP(scatter_elements, ScatterElements, "axis reduction", kMovableDTypes, kInPlace)
