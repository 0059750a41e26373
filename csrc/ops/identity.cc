// SPDX-License-Identifier: Apache-2.0
#include "ops/checks.h"
#include "ops/movement/strided_copy.h"
#include "ops/op.h"

namespace lite {
namespace {

// The output is the memory of the input: nothing runs.
class Identity final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(check_operands(context, 1, 1));
    const Tensor& x = context.inputs[0];
    const Tensor& y = context.outputs[0];
    LITE_RETURN_IF_ERROR(check_dtype("the output", y.dtype, x.dtype));
    return check_elements(y, x.shape.count());
  }
  void run(const RunContext&) override {}
};

}  // namespace
}  // namespace lite

LITE_OP(identity, Identity, "", kMovableDTypes, kAlias)
