// SPDX-License-Identifier: Apache-2.0
#include "ops/movement/parts.h"

namespace lite {
namespace {

class Concat final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(check_operands(context, context.inputs.size(), 1));
    return parts_.prepare(context, true);
  }

  void run(const RunContext& context) override {
    parts_.run(*context.team, [&](size_t i, const StridedCopy& copy, int64_t tile) {
      copy.run_tile(context.inputs[i].data, context.outputs[0].data, tile);
    });
  }

 private:
  Parts parts_;
};

}  // namespace
}  // namespace lite

LITE_OP(concat, Concat, "axis", kMovableDTypes, kJoins | kPitchedInputs | kPitchedOutputs)
