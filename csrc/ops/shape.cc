// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "ops/checks.h"
#include "ops/movement/strided_copy.h"
#include "ops/op.h"

namespace lite {
namespace {

class ShapeOp final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(check_operands(context, 1, 1));
    LITE_RETURN_IF_ERROR(check_dtype("the output", context.outputs[0].dtype, DType::s64));
    return check_elements(context.outputs[0], context.inputs[0].shape.rank);
  }

  void run(const RunContext& context) override {
    const Shape& shape = context.inputs[0].shape;
    std::copy_n(shape.dims.begin(), shape.rank, context.outputs[0].as<int64_t>());
  }
};

}  // namespace
}  // namespace lite

LITE_OP(shape, ShapeOp, "", kMovableDTypes, 0)
