// SPDX-License-Identifier: Apache-2.0
#include "ops/checks.h"
#include "ops/op.h"

namespace lite {
namespace {

class Range final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(check_operands(context, 0, 1));
    const Attributes& attributes = *context.attributes;
    if (context.outputs[0].dtype == DType::f32) {
      real_start_ = attributes.real("start", 0.0f);
      real_delta_ = attributes.real("delta", 1.0f);
    } else {
      start_ = attributes.integer("start", 0);
      delta_ = attributes.integer("delta", 1);
    }
    return Status();
  }

  void run(const RunContext& context) override {
    const Tensor& y = context.outputs[0];
    const int64_t count = y.shape.count();
    if (y.dtype == DType::f32) {
      for (int64_t i = 0; i < count; ++i)
        y.as<float>()[i] = real_start_ + static_cast<float>(i) * real_delta_;
    } else if (y.dtype == DType::s32) {
      for (int64_t i = 0; i < count; ++i) y.as<int32_t>()[i] = static_cast<int32_t>(at(i));
    } else {
      for (int64_t i = 0; i < count; ++i) y.as<int64_t>()[i] = at(i);
    }
  }

 private:
  // Wraps around, as the arithmetic of integers does in numpy.
  int64_t at(int64_t i) const {
    return static_cast<int64_t>(static_cast<uint64_t>(start_) +
                                static_cast<uint64_t>(i) * static_cast<uint64_t>(delta_));
  }

  int64_t start_ = 0, delta_ = 1;
  float real_start_ = 0.0f, real_delta_ = 1.0f;
};

}  // namespace
}  // namespace lite

LITE_OP(range, Range, "start limit delta dtype", "s64 s32 f32", 0)
