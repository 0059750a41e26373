// SPDX-License-Identifier: Apache-2.0
// The two ops that regroup channels and pixels: fixed transpositions of a tensor seen with more
// axes.
#pragma once

#include <initializer_list>

#include "ops/checks.h"
#include "ops/movement/elements.h"
#include "ops/movement/strided_copy.h"
#include "ops/op.h"

namespace lite {

// Copies x, seen with shape `seen` (as many elements), to y with its axes in another order.
inline Status prepare_regrouping(const PrepareContext& context, const Shape& seen,
                                 Span<const int> perm, StridedCopy& copy) {
  const Tensor& x = context.inputs[0];
  const Tensor& y = context.outputs[0];
  LITE_RETURN_IF_ERROR(
      check_range("the element count", seen.count(), x.shape.count(), x.shape.count()));
  LITE_RETURN_IF_ERROR(check_elements(y, x.shape.count()));
  const Shape from = strides_of(seen);
  Shape moved = seen;
  for (int axis = 0; axis < seen.rank; ++axis) moved[axis] = seen[perm[axis]];
  const Shape to = strides_of(moved);
  CopyAxis axes[kMaxRank];
  for (int axis = 0; axis < seen.rank; ++axis)
    axes[axis] = {moved[axis], from[perm[axis]], to[axis]};
  return copy.prepare({x}, {y}, {axes, static_cast<size_t>(seen.rank)}, context.isa);
}

inline Shape make_shape(std::initializer_list<int64_t> extents) {
  Shape shape;
  for (int64_t extent : extents) shape[shape.rank++] = extent;
  return shape;
}

// A 4-D NHWC input and a block >= 1.
inline Status check_blocks(const PrepareContext& context, int64_t block) {
  LITE_RETURN_IF_ERROR(check_operands(context, 1, 1));
  LITE_RETURN_IF_ERROR(check_layout(context));
  LITE_RETURN_IF_ERROR(check_rank("the input", context.inputs[0].shape, 4));
  return check_range("block", block, 1, 1 << 15);
}

}  // namespace lite
