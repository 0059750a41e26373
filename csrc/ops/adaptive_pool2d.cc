// SPDX-License-Identifier: Apache-2.0
#include "ops/checks.h"
#include "ops/pooling/pooling.h"

namespace lite {
namespace {

class AdaptivePool2d final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(pooling_.prepare(context));
    return pooling_.place(context, side(context, 1), side(context, 2));
  }

  void run(const RunContext& context) override { pooling_.run(context); }

 private:
  // Output position i of n: from floor(i * extent / n) up to ceil((i + 1) * extent / n).
  static WindowSide side(const PrepareContext& context, int axis) {
    const int64_t extent = context.inputs[0].shape[axis];
    const int64_t count = context.outputs[0].shape[axis];
    WindowSide side;
    for (int64_t i = 0; i < count; ++i) {
      const int64_t first = i * extent / count;
      const int64_t end = ((i + 1) * extent + count - 1) / count;
      const int taps = static_cast<int>(end - first);
      side.windows.push_back({first, taps, taps});
    }
    return side;
  }

  Pooling pooling_;
};

}  // namespace
}  // namespace lite

LITE_OP(adaptive_pool2d, AdaptivePool2d, "kind output layout", "f32 s8 u8 s16",
        kPitchedInput | kPitchedOutputs)
