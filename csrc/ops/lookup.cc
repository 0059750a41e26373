// SPDX-License-Identifier: Apache-2.0
#include "kernels/lookup/lookup.h"

#include "ops/checks.h"
#include "ops/elementwise/tiles.h"
#include "ops/op.h"

namespace lite {
namespace {

class Lookup final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(check_operands(context, 2, 1));
    const Tensor& x = context.inputs[0];
    const Tensor& table = context.inputs[1];
    const Tensor& y = context.outputs[0];
    if (x.dtype != DType::s8) LITE_RETURN_IF_ERROR(check_dtype("x", x.dtype, DType::u8));
    if (table.dtype != DType::s8 && table.dtype != DType::u8)
      LITE_RETURN_IF_ERROR(check_dtype("the table", table.dtype, DType::f32));
    LITE_RETURN_IF_ERROR(check_dtype("the output", y.dtype, table.dtype));
    LITE_RETURN_IF_ERROR(check_shape("the output", y.shape, x.shape));
    LITE_RETURN_IF_ERROR(check_rank("the table", table.shape, 1));
    LITE_RETURN_IF_ERROR(check_range("the table's length", table.shape[0], 256, 256));
    flip_ = x.dtype == DType::s8 ? 0x80 : 0;
    kernels_ = &lookup::kernels(context.isa);
    return Status();
  }

  void run(const RunContext& context) override {
    const Tensor& table = context.inputs[1];
    const Tensor& y = context.outputs[0];
    const uint8_t* x = context.inputs[0].as<uint8_t>();
    for_each_tile(*context.team, y.shape.count(), [&](int64_t begin, int64_t end) {
      const int64_t count = end - begin;
      if (y.dtype == DType::f32)
        kernels_->floats(x + begin, table.as<float>(), flip_, y.as<float>() + begin, count);
      else
        kernels_->bytes(x + begin, table.as<uint8_t>(), flip_, y.as<uint8_t>() + begin, count);
    });
  }

 private:
  uint8_t flip_ = 0;
  const lookup::Kernels* kernels_ = nullptr;
};

}  // namespace
}  // namespace lite

LITE_OP(lookup, Lookup, "", "s8 u8", kInPlace)
