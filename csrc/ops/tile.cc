// SPDX-License-Identifier: Apache-2.0
#include "ops/checks.h"
#include "ops/movement/elements.h"
#include "ops/movement/strided_copy.h"
#include "ops/op.h"

namespace lite {
namespace {

class Tile final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(check_operands(context, 1, 1));
    const Tensor& x = context.inputs[0];
    const Tensor& y = context.outputs[0];
    LITE_RETURN_IF_ERROR(check_rank("the output", y.shape, x.shape.rank));
    const Shape from = strides_of(x.shape), to = strides_of(y.shape);
    CopyAxis axes[2 * kMaxRank];
    for (int axis = 0; axis < to.rank; ++axis) {
      const int64_t extent = x.shape[axis];
      const int64_t repeats = extent > 0 ? y.shape[axis] / extent : 0;
      if (repeats * extent != y.shape[axis])
        return error(Code::k_bad_shape, "%s is no multiple of %s", shape_text(y.shape).c_str(),
                     shape_text(x.shape).c_str());
      axes[2 * axis] = {repeats, 0, to[axis] * extent};
      axes[2 * axis + 1] = {extent, from[axis], to[axis]};
    }
    return copy_.prepare({x}, {y}, {axes, static_cast<size_t>(2 * to.rank)}, context.isa);
  }

  void run(const RunContext& context) override {
    copy_.run(context.inputs[0].data, context.outputs[0].data, *context.team);
  }

 private:
  StridedCopy copy_;
};

}  // namespace
}  // namespace lite

LITE_OP(tile, Tile, "repeats", kMovableDTypes, 0)
