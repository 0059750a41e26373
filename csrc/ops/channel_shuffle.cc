// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "ops/movement/blocks.h"

namespace lite {
namespace {

class ChannelShuffle final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(check_operands(context, 1, 1));
    const Shape& x = context.inputs[0].shape;
    const int64_t given = context.attributes->integer("axis", 1);
    const int64_t groups = context.attributes->integer("groups", 1);
    LITE_RETURN_IF_ERROR(check_range("axis", given, 0, x.rank - 1));
    const int axis = static_cast<int>(given);
    LITE_RETURN_IF_ERROR(check_range("groups", groups, 1, std::max<int64_t>(x[axis], 1)));
    const int perm[] = {0, 2, 1, 3};
    return prepare_regrouping(
        context,
        make_shape({x.count(0, axis), groups, x[axis] / groups, x.count(axis + 1, x.rank)}), perm,
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

LITE_OP(channel_shuffle, ChannelShuffle, "groups axis", kMovableDTypes, 0)
