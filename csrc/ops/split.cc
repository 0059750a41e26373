// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include "ops/checks.h"
#include "ops/movement/strided_copy.h"
#include "ops/op.h"

namespace lite {
namespace {

class Split final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(check_operands(context, 1, context.outputs.size()));
    const Tensor& x = context.inputs[0];
    const int64_t given = context.attributes->integer("axis", 0);
    LITE_RETURN_IF_ERROR(check_range("axis", given, 0, x.shape.rank - 1));
    const int axis = static_cast<int>(given);
    const int64_t outer = x.shape.count(0, axis), inner = x.shape.count(axis + 1, x.shape.rank);
    const int64_t joined = x.shape[axis] * inner;
    int64_t offset = 0;
    for (const Tensor& y : context.outputs) {
      Shape expected = x.shape;
      expected[axis] = y.shape[axis];
      LITE_RETURN_IF_ERROR(check_shape("an output", y.shape, expected));
      const int64_t run = y.shape[axis] * inner;
      const CopyAxis axes[] = {{outer, joined, run}, {run, 1, 1}};
      copies_.emplace_back();
      LITE_RETURN_IF_ERROR(copies_.back().prepare({x, offset}, {y}, axes, context.isa));
      tiles_ += copies_.back().tiles();
      offset += run;
    }
    return check_range("the sum of the outputs' runs", offset, joined, joined);
  }

  void run(const RunContext& context) override {
    const auto copy = [&](int64_t tile) {
      size_t i = 0;
      for (; tile >= copies_[i].tiles(); ++i) tile -= copies_[i].tiles();
      copies_[i].run_tile(context.inputs[0].data, context.outputs[i].data, tile);
    };
    const bool small = context.inputs[0].size_bytes() <= StridedCopy::kTileBytes;
    if (!small) return context.team->parallel_for(tiles_, copy);
    for (int64_t tile = 0; tile < tiles_; ++tile) copy(tile);
  }

 private:
  std::vector<StridedCopy> copies_;  // one per output
  int64_t tiles_ = 0;
};

}  // namespace
}  // namespace lite

LITE_OP(split, Split, "axis sizes", kMovableDTypes, 0)
