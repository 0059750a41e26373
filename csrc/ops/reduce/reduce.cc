// SPDX-License-Identifier: Apache-2.0
#include "ops/reduce/reduce.h"

#include <algorithm>
#include <cstring>

#include "ops/checks.h"
#include "ops/elementwise/tiles.h"

namespace lite {
namespace {

constexpr int64_t kColumnBlock = 64;  // columns that a tile of many rows takes at least

bool is_folded(int axis, Span<const int64_t> axes) {
  return std::find(axes.begin(), axes.end(), axis) != axes.end();
}

Status check_axes(Span<const int64_t> axes, int rank) {
  for (const int64_t axis : axes) LITE_RETURN_IF_ERROR(check_range("an axis", axis, 0, rank - 1));
  return Status();
}

int64_t kept_elements(const Shape& shape, Span<const int64_t> axes) {
  int64_t count = 1;
  for (int axis = 0; axis < shape.rank; ++axis)
    if (!is_folded(axis, axes)) count *= shape[axis];
  return count;
}

size_t aligned(size_t bytes) { return (bytes + 63) / 64 * 64; }

}  // namespace

Status ReduceBase::prepare(PrepareContext& context) {
  LITE_RETURN_IF_ERROR(check_operands(context, 1, 1));
  const Tensor& x = context.inputs[0];
  const Tensor& y = context.outputs[0];
  choice_ = choose(x.dtype, context.isa);
  if (choice_.first == nullptr)
    return error(Code::k_unsupported_op, "x is %s, which has no kernel", dtype_name(x.dtype));
  LITE_RETURN_IF_ERROR(check_dtype("the output", y.dtype, x.dtype));
  const Span<const int64_t> axes = context.attributes->integers("axes");
  LITE_RETURN_IF_ERROR(check_axes(axes, x.shape.rank));
  LITE_RETURN_IF_ERROR(check_elements(y, kept_elements(x.shape, axes)));
  plan_passes(x.shape, axes);
  if (count_ == 0 && choice_.always) passes_[count_++] = {1, 1, x.shape.count()};
  element_bytes_ = dtype_size_bytes(x.dtype);
  if (count_ == 0) return Status();
  // Buffers are taken in turn, the last one may be the output itself. The first pass leaves most,
  // but an empty axis that a later one folds empties it.
  int64_t most = 0;
  for (int i = 0; i < count_; ++i) most = std::max(most, passes_[i].outer * passes_[i].inner);
  half_scratch_ = aligned(static_cast<size_t>(most) * choice_.accumulator_bytes);
  context.scratch_bytes = std::max(context.scratch_bytes, 2 * half_scratch_);
  return Status();
}

// Neighbouring axes that are folded alike are one; each folded one is a pass, the innermost first.
void ReduceBase::plan_passes(const Shape& shape, Span<const int64_t> axes) {
  count_ = 0;
  folded_ = 1;
  int64_t inner = 1;  // kept elements behind
  for (int axis = shape.rank - 1; axis >= 0;) {
    if (!is_folded(axis, axes)) {
      inner *= shape[axis--];
      continue;
    }
    int64_t folded = 1;
    for (; axis >= 0 && (is_folded(axis, axes) || shape[axis] == 1); --axis) folded *= shape[axis];
    folded_ *= folded;
    if (folded != 1) passes_[count_++] = {shape.count(0, axis + 1), folded, inner};
  }
}

void ReduceBase::run(const RunContext& context) {
  const std::byte* x = context.inputs[0].data;
  std::byte* y = context.outputs[0].data;
  const size_t count = static_cast<size_t>(context.outputs[0].shape.count());
  if (count_ == 0) {
    if (x != y) std::memcpy(y, x, count * element_bytes_);
    return;
  }
  const bool converts = choice_.finish != nullptr;
  for (int i = 0; i < count_; ++i) {
    const bool last = i + 1 == count_;
    std::byte* to = context.scratch + (i % 2 == 0 ? 0 : half_scratch_);
    if (last && !converts) to = y;
    run_pass(passes_[i], i == 0 ? choice_.first : choice_.rest, x, to,
             i == 0 ? element_bytes_ : choice_.accumulator_bytes, *context.team);
    x = to;
  }
  if (converts) choice_.finish(x, y, static_cast<int64_t>(count), folded_, parameters());
}

void ReduceBase::run_pass(const Pass& pass, reduce::Fold fold, const std::byte* x, std::byte* y,
                          size_t x_bytes, ThreadTeam& team) const {
  const int64_t per_column = std::max<int64_t>(1, pass.folded);
  const int64_t wanted = (kTileElements / per_column + kColumnBlock - 1) / kColumnBlock;
  const int64_t columns = std::min(pass.inner, std::max<int64_t>(1, wanted) * kColumnBlock);
  if (pass.outer == 0 || columns == 0) return;
  const int64_t blocks = (pass.inner + columns - 1) / columns;  // of columns, per outer index
  const int64_t per_item = per_column * columns;
  const int64_t items_per_tile = std::max<int64_t>(1, kTileElements / per_item);
  const int64_t items = pass.outer * blocks;
  const size_t y_bytes = choice_.accumulator_bytes;
  team.parallel_for((items + items_per_tile - 1) / items_per_tile, [&](int64_t tile) {
    const int64_t end = std::min(items, (tile + 1) * items_per_tile);
    for (int64_t item = tile * items_per_tile; item < end; ++item) {
      const int64_t outer = item / blocks, first = item % blocks * columns;
      const int64_t from = outer * pass.folded * pass.inner + first;
      fold(x + static_cast<size_t>(from) * x_bytes,
           y + static_cast<size_t>(outer * pass.inner + first) * y_bytes, pass.folded,
           std::min(columns, pass.inner - first), pass.inner);
    }
  });
}

}  // namespace lite
