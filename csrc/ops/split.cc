// SPDX-License-Identifier: Apache-2.0
#include "ops/movement/parts.h"

namespace lite {
namespace {

class Split final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(check_operands(context, 1, context.outputs.size()));
    return parts_.prepare(context, false);
  }

  void run(const RunContext& context) override {
    parts_.run(*context.team, [&](size_t i, const StridedCopy& copy, int64_t tile) {
      copy.run_tile(context.inputs[0].data, context.outputs[i].data, tile);
    });
  }

 private:
  Parts parts_;
};

}  // namespace
}  // namespace lite

LITE_OP(split, Split, "axis sizes", kMovableDTypes, kSplits | kPitchedInput | kPitchedOutputs)
