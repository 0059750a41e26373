// SPDX-License-Identifier: Apache-2.0
#include "ops/checks.h"
#include "ops/movement/strided_copy.h"
#include "ops/op.h"

namespace lite {
namespace {

// The output is the memory of the input, seen as elements of another type: nothing runs.
class BitCast final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(check_operands(context, 1, 1));
    const Tensor& x = context.inputs[0];
    const Tensor& y = context.outputs[0];
    if (dtype_size_bytes(x.dtype) != dtype_size_bytes(y.dtype) ||
        (y.dtype == DType::boolean && x.dtype != DType::boolean))
      return error(Code::k_unsupported_op, "%s cannot be looked at as %s", dtype_name(x.dtype),
                   dtype_name(y.dtype));
    return check_elements(y, x.shape.count());
  }
  void run(const RunContext&) override {}
};

}  // namespace
}  // namespace lite

LITE_OP(bit_cast, BitCast, "to", kMovableDTypes, kAlias)
