// SPDX-License-Identifier: Apache-2.0
#include "ops/checks.h"
#include "ops/movement/elements.h"
#include "ops/movement/strided_copy.h"
#include "ops/op.h"

namespace lite {
namespace {

class Slice final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(check_operands(context, 1, 1));
    const Tensor& x = context.inputs[0];
    const Tensor& y = context.outputs[0];
    LITE_RETURN_IF_ERROR(check_rank("the output", y.shape, x.shape.rank));
    const Span<const int64_t> sliced = context.attributes->integers("axes");
    const Span<const int64_t> starts = context.attributes->integers("starts");
    const Span<const int64_t> steps = context.attributes->integers("steps");
    LITE_RETURN_IF_ERROR(check_count("starts", starts, sliced.size()));
    LITE_RETURN_IF_ERROR(check_count("steps", steps, sliced.size()));
    const Shape from = strides_of(x), to = strides_of(y);
    CopyAxis axes[kMaxRank];
    for (int axis = 0; axis < to.rank; ++axis) axes[axis] = {y.shape[axis], from[axis], to[axis]};
    int64_t offset = 0;
    for (size_t i = 0; i < sliced.size(); ++i) {
      LITE_RETURN_IF_ERROR(check_range("an axis", sliced[i], 0, x.shape.rank - 1));
      const int axis = static_cast<int>(sliced[i]);
      LITE_RETURN_IF_ERROR(check_reach(x.shape[axis], y.shape[axis], starts[i], steps[i]));
      axes[axis].src_stride *= steps[i];
      offset += y.shape[axis] > 0 ? starts[i] * from[axis] : 0;
    }
    return copy_.prepare({x, offset}, {y}, {axes, static_cast<size_t>(to.rank)}, context.isa);
  }

  void run(const RunContext& context) override {
    copy_.run(context.inputs[0].data, context.outputs[0].data, *context.team);
  }

 private:
  static Status check_reach(int64_t extent, int64_t size, int64_t start, int64_t step) {
    if (size == 0) return Status();
    LITE_RETURN_IF_ERROR(check_range("start", start, 0, extent - 1));
    if (size == 1) return Status();
    const int64_t longest = (extent - 1) / (size - 1);
    LITE_RETURN_IF_ERROR(check_range("step", step, -longest, longest));
    return check_range("the last position", start + (size - 1) * step, 0, extent - 1);
  }

  StridedCopy copy_;
};

}  // namespace
}  // namespace lite

LITE_OP(slice, Slice, "axes starts sizes steps", kMovableDTypes, kPitchedInput | kPitchedOutputs)
