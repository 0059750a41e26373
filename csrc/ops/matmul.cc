// SPDX-License-Identifier: Apache-2.0
#include <type_traits>

#include "ops/linear/arguments.h"
#include "ops/linear/matrix_product.h"
#include "ops/op.h"

namespace lite {
namespace {

using linear::ProductShape;

struct Side {
  Shape batch;
  int64_t rows = 1, columns = 1;  // after the transposition
  bool vector = false;
  bool transposed = false;
};

Side side_of(const Shape& shape, bool transpose, bool left) {
  Side side;
  side.vector = shape.rank == 1;
  if (side.vector) {
    (left ? side.columns : side.rows) = shape[0];
    return side;
  }
  side.transposed = transpose;
  side.rows = shape[shape.rank - (transpose ? 1 : 2)];
  side.columns = shape[shape.rank - (transpose ? 2 : 1)];
  side.batch.rank = shape.rank - 2;
  for (int axis = 0; axis < side.batch.rank; ++axis) side.batch[axis] = shape[axis];
  return side;
}

bool broadcasts(const Shape& whole, const Shape& part) {
  if (part.rank > whole.rank) return false;
  for (int axis = 0; axis < part.rank; ++axis) {
    const int64_t extent = part[part.rank - 1 - axis];
    if (extent != 1 && extent != whole[whole.rank - 1 - axis]) return false;
  }
  return true;
}

// Every extent of the result comes from one of the sides.
bool covers(const Shape& whole, const Shape& a, const Shape& b) {
  for (int axis = 0; axis < whole.rank; ++axis) {
    const int64_t left = axis < a.rank ? a[a.rank - 1 - axis] : 1;
    const int64_t right = axis < b.rank ? b[b.rank - 1 - axis] : 1;
    const int64_t extent = whole[whole.rank - 1 - axis];
    if (extent != left && extent != right) return false;
  }
  return true;
}

Status misfit(const PrepareContext& context) {
  return error(Code::k_bad_shape, "%s times %s does not give %s",
               linear::text(context.inputs[0].shape).c_str(),
               linear::text(context.inputs[1].shape).c_str(),
               linear::text(context.outputs[0].shape).c_str());
}

Result<ProductShape> product_shape(const PrepareContext& context) {
  const Shape& y = context.outputs[0].shape;
  const bool transpose_a = context.attributes->boolean("transpose_a", false);
  const bool transpose_b = context.attributes->boolean("transpose_b", false);
  const Side a = side_of(context.inputs[0].shape, transpose_a, true);
  const Side b = side_of(context.inputs[1].shape, transpose_b, false);
  ProductShape shape;
  shape.m = a.rows;
  shape.n = b.columns;
  shape.k = a.columns;
  shape.transpose_a = a.transposed;
  shape.transpose_b = b.transposed;
  Shape batch = y;
  batch.rank -= (a.vector ? 0 : 1) + (b.vector ? 0 : 1);
  if (batch.rank < 0 || a.columns != b.rows) return misfit(context);
  const bool rows_fit = a.vector || y[batch.rank] == a.rows;
  const bool columns_fit = b.vector || y[y.rank - 1] == b.columns;
  if (!rows_fit || !columns_fit || !broadcasts(batch, a.batch) || !broadcasts(batch, b.batch) ||
      !covers(batch, a.batch, b.batch))
    return misfit(context);
  shape.batch = batch;
  shape.a_batch = a.batch;
  shape.b_batch = b.batch;
  return shape;
}

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
    LITE_ASSIGN_OR_RETURN(shape_, product_shape(context));
    if (scaled && dtype_ != DType::f32)
      return error(Code::k_unsupported_op, "the left side is %s, with scales expected f32",
                   dtype_name(dtype_));
    if (scaled)
      LITE_RETURN_IF_ERROR(linear::check_scales(context, linear::kProductScales, shape_.n));
    if (dtype_ == DType::f32)
      product_.prepare(context, shape_, Activation{}, linear::kProductScales);
    return Status();
  }

  void run(const RunContext& context) override {
    if (dtype_ == DType::f32) return product_.run(context);
    if (dtype_ == DType::s32) return multiply_integers<int32_t>(shape_, context);
    multiply_integers<int64_t>(shape_, context);
  }

 private:
  DType dtype_ = DType::f32;
  ProductShape shape_;
  linear::MatrixProduct product_;
};

}  // namespace
}  // namespace lite

LITE_OP(matmul, Matmul, "transpose_a transpose_b", "f32 s32 s64", 0)
