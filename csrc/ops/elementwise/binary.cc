// SPDX-License-Identifier: Apache-2.0
#include "ops/elementwise/binary.h"

#include <algorithm>
#include <cstring>

#include "ops/checks.h"
#include "ops/elementwise/tiles.h"

namespace lite {
namespace {

constexpr int64_t kShortRow = 64;      // columns; shorter rows are mostly tails of vectors
constexpr int64_t kRepeatedRow = 512;  // about as long as a row gets by repeating
constexpr int64_t kFewRows = 32;

const void* advanced(const void* data, int64_t bytes) {
  return static_cast<const char*>(data) + bytes;
}
void* advanced(void* data, int64_t bytes) { return static_cast<char*>(data) + bytes; }

}  // namespace

Status BinaryBase::prepare(PrepareContext& context) {
  LITE_RETURN_IF_ERROR(check_operands(context, 2, 1));
  const Tensor& a = context.inputs[0];
  const Tensor& b = context.inputs[1];
  const Tensor& y = context.outputs[0];
  LITE_RETURN_IF_ERROR(check_dtype("b", b.dtype, a.dtype));
  choice_ = choose(a.dtype, context.isa);
  if (choice_.apply == nullptr)
    return error(Code::k_unsupported_op, "a is %s, which has no kernel", dtype_name(a.dtype));
  LITE_RETURN_IF_ERROR(check_dtype("the output", y.dtype, choice_.result));
  const Shape shapes[] = {a.shape, b.shape};
  LITE_RETURN_IF_ERROR(broadcast_.prepare(y.shape, shapes));
  operand_bytes_ = static_cast<int64_t>(dtype_size_bytes(a.dtype));
  result_bytes_ = static_cast<int64_t>(dtype_size_bytes(y.dtype));
  plan_repetition(context);
  return Status();
}

// Many short rows against one: [50176, 3] + [3]. The one is repeated in scratch to make long rows.
void BinaryBase::plan_repetition(PrepareContext& context) {
  repeats_ = 0;
  const Broadcast& plan = broadcast_;
  if (plan.blocks() != 1 || plan.rows() < kFewRows) return;
  if (plan.columns() < 1 || plan.columns() >= kShortRow) return;
  for (int operand = 0; operand < 2; ++operand) {
    const int other = 1 - operand;
    if (plan.column_steps()[operand] != 1 || plan.row_strides()[operand] != 0) continue;
    if (plan.column_steps()[other] != 1 || plan.row_strides()[other] != plan.columns()) continue;
    repeated_operand_ = operand;
    repeats_ = std::min(plan.rows(), kRepeatedRow / plan.columns());
    const size_t bytes = static_cast<size_t>(repeats_ * plan.columns() * operand_bytes_);
    context.scratch_bytes = std::max(context.scratch_bytes, bytes);
    return;
  }
}

void BinaryBase::run(const RunContext& context) {
  if (repeats_ > 0) return run_repeated(context);
  const Broadcast& plan = broadcast_;
  const Strides& steps = plan.column_steps();
  const Strides& strides = plan.row_strides();
  const char* a = context.inputs[0].as<const char>();
  const char* b = context.inputs[1].as<const char>();
  char* y = context.outputs[0].as<char>();
  const int64_t all_rows = plan.blocks() * plan.rows();
  if (all_rows == 1)
    return run_rows({a, b, y, 1, plan.columns(), 0, 0, steps[0], steps[1]}, *context.team);
  const int64_t rows_per_tile =
      std::max<int64_t>(1, kTileElements / std::max<int64_t>(1, plan.columns()));
  const int64_t tiles = (all_rows + rows_per_tile - 1) / rows_per_tile;
  const auto tile_of_rows = [&](int64_t tile) {
    int64_t row = tile * rows_per_tile;
    const int64_t end = std::min(all_rows, row + rows_per_tile);
    while (row < end) {
      const int64_t block = row / plan.rows(), first = row % plan.rows();
      const int64_t count = std::min(plan.rows() - first, end - row);
      const Strides offsets = plan.block_offsets(block);
      apply({a + (offsets[0] + first * strides[0]) * operand_bytes_,
             b + (offsets[1] + first * strides[1]) * operand_bytes_,
             y + row * plan.columns() * result_bytes_, count, plan.columns(), strides[0],
             strides[1], steps[0], steps[1]});
      row += count;
    }
  };
  if (tiles == 1) return tile_of_rows(0);
  context.team->parallel_for(tiles, tile_of_rows);
}

// One row, cut into tiles.
void BinaryBase::run_rows(binary::Rows row, ThreadTeam& team) const {
  for_each_tile(team, row.columns, [&](int64_t begin, int64_t end) {
    apply({advanced(row.a, begin * row.a_step * operand_bytes_),
           advanced(row.b, begin * row.b_step * operand_bytes_),
           advanced(row.y, begin * result_bytes_), 1, end - begin, 0, 0, row.a_step, row.b_step});
  });
}

void BinaryBase::run_repeated(const RunContext& context) const {
  const int64_t columns = broadcast_.columns(), period = repeats_ * columns;
  const size_t row_bytes = static_cast<size_t>(columns * operand_bytes_);
  const std::byte* row = context.inputs[static_cast<size_t>(repeated_operand_)].data;
  for (int64_t i = 0; i < repeats_; ++i)
    std::memcpy(context.scratch + static_cast<size_t>(i) * row_bytes, row, row_bytes);
  const int64_t count = broadcast_.rows() * columns;
  const int64_t tile_rows = std::max<int64_t>(1, kTileElements / period);
  const int64_t tile_elements = tile_rows * period;
  const bool left = repeated_operand_ == 0;
  const char* other = context.inputs[left ? 1 : 0].as<const char>();
  char* y = context.outputs[0].as<char>();
  context.team->parallel_for((count + tile_elements - 1) / tile_elements, [&](int64_t tile) {
    const int64_t begin = tile * tile_elements, end = std::min(count, begin + tile_elements);
    const int64_t rows = (end - begin) / period, rest = (end - begin) % period;
    binary::Rows part{other + begin * operand_bytes_,
                      context.scratch,
                      y + begin * result_bytes_,
                      rows,
                      period,
                      period,
                      0,
                      1,
                      1};
    if (left) {
      std::swap(part.a, part.b);
      std::swap(part.a_row, part.b_row);
    }
    apply(part);
    if (rest == 0) return;
    const int64_t done = rows * period;
    (left ? part.b : part.a) = other + (begin + done) * operand_bytes_;
    part.y = y + (begin + done) * result_bytes_;
    part.rows = 1;
    part.columns = rest;
    apply(part);
  });
}

}  // namespace lite
