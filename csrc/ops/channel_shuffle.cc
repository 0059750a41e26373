// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "ops/checks.h"
#include "ops/movement/elements.h"
#include "ops/movement/strided_copy.h"
#include "ops/op.h"

namespace lite {
namespace {

class ChannelShuffle final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(check_operands(context, 1, 1));
    const Tensor& x = context.inputs[0];
    const Tensor& y = context.outputs[0];
    const int64_t given = context.attributes->integer("axis", 1);
    const int64_t groups = context.attributes->integer("groups", 1);
    LITE_RETURN_IF_ERROR(check_range("axis", given, 0, x.shape.rank - 1));
    const int axis = static_cast<int>(given);
    const int64_t channels = x.shape[axis];
    LITE_RETURN_IF_ERROR(check_range("groups", groups, 1, std::max<int64_t>(channels, 1)));
    const int64_t begin = context.attributes->integer("begin", 0);
    LITE_RETURN_IF_ERROR(check_range("begin", begin, 0, channels));
    Shape expected = x.shape;
    expected[axis] = context.attributes->integer("size", 0);
    if (expected[axis] == 0) expected[axis] = channels - begin;
    LITE_RETURN_IF_ERROR(check_shape("the output", y.shape, expected));
    const int64_t whole_groups = begin % groups + y.shape[axis] % groups + channels % groups;
    LITE_RETURN_IF_ERROR(check_range("what is left of groups", whole_groups, 0, 0));
    const Shape from = strides_of(x), to = strides_of(y);
    CopyAxis axes[kMaxRank + 1];
    for (int i = 0; i < x.shape.rank; ++i)
      axes[i < axis ? i : i + 1] = {y.shape[i], from[i], to[i]};
    axes[axis] = {y.shape[axis] / groups, from[axis], groups * to[axis]};
    axes[axis + 1] = {groups, channels / groups * from[axis], to[axis]};
    const Place place = {x, y.shape.count() == 0 ? 0 : begin / groups * from[axis]};
    return copy_.prepare(place, {y}, {axes, static_cast<size_t>(x.shape.rank) + 1}, context.isa);
  }

  void run(const RunContext& context) override {
    copy_.run(context.inputs[0].data, context.outputs[0].data, *context.team);
  }

 private:
  StridedCopy copy_;
};

}  // namespace
}  // namespace lite

LITE_OP(channel_shuffle, ChannelShuffle, "groups axis begin size", kMovableDTypes,
        kPitchedInput | kPitchedOutputs)
