// SPDX-License-Identifier: Apache-2.0
#include <type_traits>

#include "ops/linear/arguments.h"
#include "ops/linear/matrix_product.h"
#include "ops/linear/product_shape.h"
#include "ops/op.h"

namespace lite {
namespace {

using linear::ProductShape;

// Integers wrap around, as numpy's do. One task is one row of one matrix of the result.
template <class T>
void multiply_integers(const ProductShape& shape, const RunContext& context) {
  using Unsigned = std::make_unsigned_t<T>;
  context.team->parallel_for(shape.batch.count() * shape.m, [&](int64_t index) {
    const int64_t product = index / shape.m, row = index % shape.m;
    const T* a = context.inputs[0].as<T>() + shape.a_matrix(product) * shape.m * shape.k;
    const T* b = context.inputs[1].as<T>() + shape.b_matrix(product) * shape.k * shape.n;
    T* y = context.outputs[0].as<T>() + index * shape.n;
    for (int64_t column = 0; column < shape.n; ++column) {
      Unsigned sum = 0;
      for (int64_t k = 0; k < shape.k; ++k) {
        const T left = a[shape.transpose_a ? k * shape.m + row : row * shape.k + k];
        const T right = b[shape.transpose_b ? column * shape.k + k : k * shape.n + column];
        sum += static_cast<Unsigned>(left) * static_cast<Unsigned>(right);
      }
      y[column] = static_cast<T>(sum);
    }
  });
}

class Matmul final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    const size_t count = context.inputs.size();
    if (count < 2 || count > 3 || !context.present(0) || !context.present(1) ||
        context.outputs.size() != 1 || context.inputs[0].shape.rank < 1 ||
        context.inputs[1].shape.rank < 1)
      return error(Code::k_bad_shape, "expected two sides of rank 1 or more");
    dtype_ = context.inputs[0].dtype;
    const bool scaled = context.present(linear::kProductScales);
    if ((context.inputs[1].dtype != dtype_ && !scaled) || context.outputs[0].dtype != dtype_)
      return error(Code::k_unsupported_op,
                   "the sides are %s and %s, the output is %s, expected one type",
                   dtype_name(dtype_), dtype_name(context.inputs[1].dtype),
                   dtype_name(context.outputs[0].dtype));
    if (context.inputs[1].packing == Packing::depthwise)
      return error(Code::k_corrupt_file, "the right side is packed for a convolution");
    LITE_ASSIGN_OR_RETURN(shape_, linear::read_product_shape(context));
    if (scaled && dtype_ != DType::f32)
      return error(Code::k_unsupported_op, "the left side is %s, with scales expected f32",
                   dtype_name(dtype_));
    if (scaled)
      LITE_RETURN_IF_ERROR(linear::check_scales(context, linear::kProductScales, shape_.n));
    if (dtype_ == DType::f32)
      return product_.prepare(context, shape_, Activation{}, linear::kProductScales);
    return Status();
  }

  void run(const RunContext& context) override {
    if (dtype_ == DType::f32) return product_.run(context);
    if (dtype_ == DType::s32) return multiply_integers<int32_t>(shape_, context);
    multiply_integers<int64_t>(shape_, context);
  }

  const char* kernel() const override { return product_.kernel(); }

 private:
  DType dtype_ = DType::f32;
  ProductShape shape_;
  linear::MatrixProduct product_;
};

}  // namespace
}  // namespace lite

LITE_OP(matmul, Matmul, "transpose_a transpose_b", "f32 s32 s64", 0)
