// SPDX-License-Identifier: Apache-2.0
#include "ops/checks.h"
#include "ops/movement/indices.h"
#include "ops/movement/rows.h"
#include "ops/movement/strided_copy.h"
#include "ops/op.h"

namespace lite {
namespace {

// Negative indices count from the end; what is still outside is clamped.
class GatherElements final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(check_operands(context, 2, 1));
    const Tensor& x = context.inputs[0];
    const Tensor& y = context.outputs[0];
    const int64_t axis = context.attributes->integer("axis", 0);
    LITE_RETURN_IF_ERROR(places_.prepare(x, context.inputs[1], axis));
    LITE_RETURN_IF_ERROR(check_dtype("the output", y.dtype, x.dtype));
    element_bytes_ = static_cast<int64_t>(dtype_size_bytes(x.dtype));
    rows_ = Rows(places_.count(), element_bytes_);
    return check_elements(y, places_.count());
  }

  void run(const RunContext& context) override {
    const Indices indices(context.inputs[1]);
    const std::byte* x = context.inputs[0].data;
    rows_.copy(context.outputs[0].data, *context.team,
               [&](int64_t row) { return x + places_.at(indices, row) * element_bytes_; });
  }

 private:
  ElementPlaces places_;
  Rows rows_;
  int64_t element_bytes_ = 1;
};

}  // namespace
}  // namespace lite

LITE_OP(gather_elements, GatherElements, "axis", kMovableDTypes, 0)
