// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/product_shape.h"

namespace lite::linear {
namespace {

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
               text(context.inputs[0].shape).c_str(), text(context.inputs[1].shape).c_str(),
               text(context.outputs[0].shape).c_str());
}

}  // namespace

int64_t ProductShape::source(int64_t product, const Shape& side) const {
  int64_t index = 0, stride = 1;
  for (int axis = 1; axis <= side.rank; ++axis) {
    const int64_t extent = batch[batch.rank - axis];
    if (side[side.rank - axis] != 1) index += product % extent * stride;
    stride *= side[side.rank - axis];
    product /= extent;
  }
  return index;
}

Result<ProductShape> read_product_shape(const PrepareContext& context) {
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

}  // namespace lite::linear
