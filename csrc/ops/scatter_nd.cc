// SPDX-License-Identifier: Apache-2.0
#include "ops/movement/indices.h"
#include "ops/movement/scatter.h"
#include "ops/movement/strided_copy.h"
#include "ops/op.h"

namespace lite {
namespace {

// Negative indices count from the end; what is still outside is clamped. Updates apply in order, so
// they run on one thread.
class ScatterNd final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(check_operands(context, 3, 1));
    const Tensor& x = context.inputs[0];
    const Tensor& updates = context.inputs[2];
    LITE_RETURN_IF_ERROR(places_.prepare(x, context.inputs[1], 0));
    LITE_RETURN_IF_ERROR(check_shape("the output", context.outputs[0].shape, x.shape));
    LITE_RETURN_IF_ERROR(check_dtype("the output", context.outputs[0].dtype, x.dtype));
    LITE_RETURN_IF_ERROR(check_dtype("the updates", updates.dtype, x.dtype));
    const int64_t expected = places_.count() * places_.run();
    LITE_RETURN_IF_ERROR(
        check_range("the updates' element count", updates.shape.count(), expected, expected));
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
    const int64_t run = places_.run(), run_bytes = run * element_bytes_;
    if (run == 0) return;
    for (int64_t i = 0; i < places_.count(); ++i)
      reduce_(y + places_.at(indices, i) * element_bytes_, updates + i * run_bytes, run);
  }

 private:
  RunPlaces places_;
  Reduce reduce_ = nullptr;
  int64_t element_bytes_ = 1;
};

}  // namespace
}  // namespace lite

LITE_OP(scatter_nd, ScatterNd, "reduction", kMovableDTypes, kInPlace)
