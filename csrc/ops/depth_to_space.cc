// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "ops/movement/blocks.h"

namespace lite {
namespace {

class DepthToSpace final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    const int64_t block = context.attributes->integer("block", 1);
    LITE_RETURN_IF_ERROR(check_blocks(context, block));
    const Shape& x = context.inputs[0].shape;
    const int64_t depth = x[3] / (block * block);
    const std::string mode = context.attributes->text("mode", "dcr");
    if (mode == "dcr") {
      const int perm[] = {0, 1, 3, 2, 4, 5};
      return prepare_regrouping(context, make_shape({x[0], x[1], x[2], block, block, depth}), perm,
                                copy_);
    }
    const int perm[] = {0, 1, 4, 2, 5, 3};
    return prepare_regrouping(context, make_shape({x[0], x[1], x[2], depth, block, block}), perm,
                              copy_);
  }

  void run(const RunContext& context) override {
    copy_.run(context.inputs[0].data, context.outputs[0].data, *context.team);
  }

 private:
  StridedCopy copy_;
};

}  // namespace
}  // namespace lite

LITE_OP(depth_to_space, DepthToSpace, "block mode layout", kMovableDTypes, 0)
