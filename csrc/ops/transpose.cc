// SPDX-License-Identifier: Apache-2.0
#include "ops/checks.h"
#include "ops/movement/elements.h"
#include "ops/movement/strided_copy.h"
#include "ops/op.h"

namespace lite {
namespace {

class Transpose final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(check_operands(context, 1, 1));
    const Tensor& x = context.inputs[0];
    const Tensor& y = context.outputs[0];
    const Span<const int64_t> perm = context.attributes->integers("perm");
    LITE_RETURN_IF_ERROR(check_count("perm", perm, static_cast<size_t>(x.shape.rank)));
    LITE_RETURN_IF_ERROR(check_rank("the output", y.shape, x.shape.rank));
    const Shape from = strides_of(x.shape), to = strides_of(y.shape);
    CopyAxis axes[kMaxRank];
    for (int axis = 0; axis < to.rank; ++axis) {
      LITE_RETURN_IF_ERROR(check_range("an element of perm", perm[axis], 0, x.shape.rank - 1));
      axes[axis] = {y.shape[axis], from[static_cast<int>(perm[axis])], to[axis]};
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

LITE_OP(transpose, Transpose, "perm", kMovableDTypes, 0)
