// SPDX-License-Identifier: Apache-2.0
#include "ops/elementwise/broadcast.h"

#include "ops/checks.h"

namespace lite {
namespace {

// Extent and stride of an operand at an axis of the output; stride 0 where it is broadcast.
struct Position {
  int64_t extent;
  int64_t stride;
};

Position position_of(const Shape& operand, const Shape& output, int axis) {
  const int own = axis - (output.rank - operand.rank);
  if (own < 0) return {1, 0};
  return {operand[own], operand[own] == 1 ? 0 : operand.count(own + 1, operand.rank)};
}

Status check_operand(const Shape& operand, const Shape& output) {
  bool fits = operand.rank <= output.rank;
  for (int axis = 0; fits && axis < output.rank; ++axis) {
    const int64_t extent = position_of(operand, output, axis).extent;
    fits = extent == 1 || extent == output[axis];
  }
  if (fits) return Status();
  return error(Code::k_bad_shape, "an operand of shape %s does not broadcast to %s",
               shape_text(operand).c_str(), shape_text(output).c_str());
}

// Kernels rely on it: along each axis at least one operand advances.
Status check_covered(const Shape& output, Span<const Shape> operands) {
  for (int axis = 0; axis < output.rank; ++axis) {
    bool covered = output[axis] == 1;
    for (const Shape& operand : operands)
      covered = covered || position_of(operand, output, axis).extent == output[axis];
    if (!covered)
      return error(Code::k_bad_shape, "no operand has the extent %lld of axis %d of the output",
                   static_cast<long long>(output[axis]), axis);
  }
  return Status();
}

}  // namespace

Status Broadcast::prepare(const Shape& output, Span<const Shape> operands) {
  for (const Shape& operand : operands) LITE_RETURN_IF_ERROR(check_operand(operand, output));
  LITE_RETURN_IF_ERROR(check_covered(output, operands));
  merge(output, operands);
  const Axis none{1, {}};
  const Axis columns = count_ > 0 ? axes_[--count_] : none;
  const Axis rows = count_ > 0 ? axes_[--count_] : none;
  columns_ = columns.extent;
  column_steps_ = columns.strides;
  if (columns_ == 1) column_steps_.fill(1);
  rows_ = rows.extent;
  row_strides_ = rows.strides;
  blocks_ = 1;
  for (int axis = 0; axis < count_; ++axis) blocks_ *= axes_[axis].extent;
  return Status();
}

void Broadcast::merge(const Shape& output, Span<const Shape> operands) {
  count_ = 0;
  for (int axis = 0; axis < output.rank; ++axis) {
    if (output[axis] == 1) continue;
    Axis next{output[axis], {}};
    for (size_t i = 0; i < operands.size(); ++i)
      next.strides[i] = position_of(operands[i], output, axis).stride;
    bool alike = count_ > 0;  // do all operands advance over the axis before as over this one?
    for (size_t i = 0; alike && i < operands.size(); ++i)
      alike = axes_[count_ - 1].strides[i] == next.strides[i] * next.extent;
    if (alike) next.extent *= axes_[--count_].extent;
    axes_[count_++] = next;
  }
}

Strides Broadcast::block_offsets(int64_t block) const {
  Strides offsets{};
  for (int axis = count_ - 1; axis >= 0; --axis) {
    const int64_t index = block % axes_[axis].extent;
    block /= axes_[axis].extent;
    for (int i = 0; i < kMaxOperands; ++i) offsets[i] += index * axes_[axis].strides[i];
  }
  return offsets;
}

}  // namespace lite
