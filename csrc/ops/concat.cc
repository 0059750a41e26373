// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include "ops/checks.h"
#include "ops/movement/strided_copy.h"
#include "ops/op.h"

namespace lite {
namespace {

class Concat final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(check_operands(context, context.inputs.size(), 1));
    const Tensor& y = context.outputs[0];
    const int64_t given = context.attributes->integer("axis", 0);
    LITE_RETURN_IF_ERROR(check_range("axis", given, 0, y.shape.rank - 1));
    const int axis = static_cast<int>(given);
    const int64_t outer = y.shape.count(0, axis), inner = y.shape.count(axis + 1, y.shape.rank);
    const int64_t joined = y.shape[axis] * inner;
    int64_t offset = 0;
    for (const Tensor& x : context.inputs) {
      Shape expected = y.shape;
      expected[axis] = x.shape[axis];
      LITE_RETURN_IF_ERROR(check_shape("an input", x.shape, expected));
      const int64_t run = x.shape[axis] * inner;
      const CopyAxis axes[] = {{outer, run, joined}, {run, 1, 1}};
      copies_.emplace_back();
      LITE_RETURN_IF_ERROR(copies_.back().prepare({x}, {y, offset}, axes, context.isa));
      tiles_ += copies_.back().tiles();
      offset += run;
    }
    return check_range("the sum of the inputs' runs", offset, joined, joined);
  }

  void run(const RunContext& context) override {
    const auto copy = [&](int64_t tile) {
      size_t i = 0;
      for (; tile >= copies_[i].tiles(); ++i) tile -= copies_[i].tiles();
      copies_[i].run_tile(context.inputs[i].data, context.outputs[0].data, tile);
    };
    const bool small = context.outputs[0].size_bytes() <= StridedCopy::kTileBytes;
    if (!small) return context.team->parallel_for(tiles_, copy);
    for (int64_t tile = 0; tile < tiles_; ++tile) copy(tile);
  }

 private:
  std::vector<StridedCopy> copies_;  // one per input
  int64_t tiles_ = 0;
};

}  // namespace
}  // namespace lite

LITE_OP(concat, Concat, "axis", kMovableDTypes, 0)
