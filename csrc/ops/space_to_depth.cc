// SPDX-License-Identifier: Apache-2.0
#include "ops/movement/blocks.h"

namespace lite {
namespace {

class SpaceToDepth final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    const int64_t block = context.attributes->integer("block", 1);
    LITE_RETURN_IF_ERROR(check_blocks(context, block));
    const Shape& x = context.inputs[0].shape;
    const int perm[] = {0, 1, 3, 2, 4, 5};
    return prepare_regrouping(
        context, make_shape({x[0], x[1] / block, block, x[2] / block, block, x[3]}), perm, copy_);
  }

  void run(const RunContext& context) override {
    copy_.run(context.inputs[0].data, context.outputs[0].data, *context.team);
  }

 private:
  StridedCopy copy_;
};

}  // namespace
}  // namespace lite

LITE_OP(space_to_depth, SpaceToDepth, "block layout", kMovableDTypes, 0)
