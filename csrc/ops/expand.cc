// SPDX-License-Identifier: Apache-2.0
#include "ops/checks.h"
#include "ops/movement/elements.h"
#include "ops/movement/strided_copy.h"
#include "ops/op.h"

namespace lite {
namespace {

class Expand final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(check_operands(context, 1, 1));
    const Tensor& x = context.inputs[0];
    const Tensor& y = context.outputs[0];
    const int added = y.shape.rank - x.shape.rank;
    LITE_RETURN_IF_ERROR(
        check_range("the rank of the output", y.shape.rank, x.shape.rank, kMaxRank));
    const Shape from = strides_of(x.shape), to = strides_of(y.shape);
    CopyAxis axes[kMaxRank];
    for (int axis = 0; axis < to.rank; ++axis) {
      const int64_t extent = axis < added ? 1 : x.shape[axis - added];
      if (extent != 1 && extent != y.shape[axis])
        return error(Code::k_bad_shape, "%s does not broadcast to %s", shape_text(x.shape).c_str(),
                     shape_text(y.shape).c_str());
      axes[axis] = {y.shape[axis], extent == 1 ? 0 : from[axis - added], to[axis]};
    }
    return copy_.prepare({x}, {y}, {axes, static_cast<size_t>(to.rank)}, context.isa);
  }

  void run(const RunContext& context) override {
    copy_.run(context.inputs[0].data, context.outputs[0].data, *context.team);
  }

 private:
  StridedCopy copy_;
};

}  // namespace
}  // namespace lite

LITE_OP(expand, Expand, "shape", kMovableDTypes, 0)
