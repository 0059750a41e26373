// SPDX-License-Identifier: Apache-2.0
#include "ops/pooling/windows.h"

namespace lite {
namespace {

class Pool2d final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(pooling_.prepare(context));
    LITE_RETURN_IF_ERROR(check_windows(*context.attributes));
    return pooling_.place(context, window_side(context, 0), window_side(context, 1));
  }

  void run(const RunContext& context) override { pooling_.run(context); }

 private:
  Pooling pooling_;
};

}  // namespace
}  // namespace lite

LITE_OP(pool2d, Pool2d, "kind kernel strides pads dilations ceil_mode count_include_pad layout",
        "f32 s8 u8 s16", kPitchedInput | kPitchedOutputs)
