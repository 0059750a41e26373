// SPDX-License-Identifier: Apache-2.0
#include "ops/elementwise/unary.h"

#include "ops/checks.h"
#include "ops/elementwise/tiles.h"

namespace lite {

Status UnaryBase::prepare(PrepareContext& context) {
  LITE_RETURN_IF_ERROR(check_operands(context, 1, 1));
  const Tensor& x = context.inputs[0];
  const Tensor& y = context.outputs[0];
  choice_ = choose(x.dtype, context.isa);
  if (choice_.map == nullptr && choice_.loop == nullptr)
    return error(Code::k_unsupported_op, "x is %s, which has no kernel", dtype_name(x.dtype));
  LITE_RETURN_IF_ERROR(check_dtype("the output", y.dtype, choice_.result));
  LITE_RETURN_IF_ERROR(check_elements(y, x.shape.count()));
  parameters_ = parameters(*context.attributes);
  x_bytes_ = dtype_size_bytes(x.dtype);
  y_bytes_ = dtype_size_bytes(y.dtype);
  return Status();
}

void UnaryBase::run(const RunContext& context) {
  const std::byte* x = context.inputs[0].data;
  std::byte* y = context.outputs[0].data;
  for_each_tile(*context.team, context.outputs[0].shape.count(), [&](int64_t begin, int64_t end) {
    const std::byte* from = x + static_cast<size_t>(begin) * x_bytes_;
    std::byte* to = y + static_cast<size_t>(begin) * y_bytes_;
    if (choice_.map != nullptr)
      choice_.map(reinterpret_cast<const float*>(from), reinterpret_cast<float*>(to), end - begin,
                  parameters_);
    else
      choice_.loop(from, to, end - begin, parameters_);
  });
}

}  // namespace lite
