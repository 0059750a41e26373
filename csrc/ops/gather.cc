// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "ops/checks.h"
#include "ops/movement/elements.h"
#include "ops/movement/indices.h"
#include "ops/movement/rows.h"
#include "ops/movement/strided_copy.h"
#include "ops/op.h"

namespace lite {
namespace {

// Negative indices count from the end; what is still outside is clamped.
class Gather final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(check_operands(context, 2, 1));
    const Tensor& x = context.inputs[0];
    const Tensor& indices = context.inputs[1];
    const Tensor& y = context.outputs[0];
    const int64_t given = context.attributes->integer("axis", 0);
    LITE_RETURN_IF_ERROR(check_range("axis", given, 0, x.shape.rank - 1));
    const int axis = static_cast<int>(given);
    LITE_RETURN_IF_ERROR(check_indices(indices));
    LITE_RETURN_IF_ERROR(check_dtype("the output", y.dtype, x.dtype));
    extent_ = x.shape[axis];
    picks_ = indices.shape.count();
    const int64_t outer = x.shape.count(0, axis);
    const int64_t run = x.shape.count(axis + 1, x.shape.rank);
    LITE_RETURN_IF_ERROR(check_elements(y, outer * picks_ * run));
    if (y.shape.count() > 0) LITE_RETURN_IF_ERROR(check_range("the extent", extent_, 1, INT64_MAX));
    rows_ = Rows(outer * picks_, run * static_cast<int64_t>(dtype_size_bytes(x.dtype)));
    return Status();
  }

  void run(const RunContext& context) override {
    const Indices indices(context.inputs[1]);
    const std::byte* x = context.inputs[0].data;
    std::byte* y = context.outputs[0].data;
    rows_.copy(y, *context.team, [&](int64_t row) {
      const int64_t outer = row / picks_, pick = row % picks_;
      return x + (outer * extent_ + indices.within(pick, extent_)) * rows_.row_bytes();
    });
  }

 private:
  int64_t extent_ = 0, picks_ = 0;
  Rows rows_;
};

}  // namespace
}  // namespace lite

LITE_OP(gather, Gather, "axis", kMovableDTypes, 0)
