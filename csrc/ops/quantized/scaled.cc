// SPDX-License-Identifier: Apache-2.0
#include "ops/quantized/scaled.h"

#include <algorithm>

#include "ops/checks.h"
#include "ops/elementwise/tiles.h"
#include "ops/quantized/parameters.h"
#include "ops/reduce/axis.h"

namespace lite::quantized {

Status Scaled::prepare(PrepareContext& context) {
  LITE_RETURN_IF_ERROR(check_operands(context, 2, 1));
  const Tensor& x = context.inputs[0];
  const Tensor& y = context.outputs[0];
  run_ = choose(scaling::kernels(context.isa), x.dtype, y.dtype);
  if (run_ == nullptr)
    return error(Code::k_unsupported_op, "there is no kernel from %s to %s", dtype_name(x.dtype),
                 dtype_name(y.dtype));
  LITE_RETURN_IF_ERROR(check_shape("the output", y.shape, x.shape));
  LITE_ASSIGN_OR_RETURN(
      zero_point_, read_zero_point(*context.attributes, "zero_point", integers(x.dtype, y.dtype)));
  x_bytes_ = static_cast<int64_t>(dtype_size_bytes(x.dtype));
  y_bytes_ = static_cast<int64_t>(dtype_size_bytes(y.dtype));
  return place_scales(context);
}

Status Scaled::place_scales(const PrepareContext& context) {
  const Shape& x = context.inputs[0].shape;
  const Tensor& scales = context.inputs[1];
  LITE_RETURN_IF_ERROR(check_scales("the scale", scales));
  rows_ = 1;
  columns_ = x.count();
  each_ = false;
  scale_count_ = 1;
  if (scales.shape.rank == 0) return Status();
  LITE_RETURN_IF_ERROR(check_rank("the scale", scales.shape, 1));
  const int64_t axis = context.attributes->integer("axis", 0);
  LITE_RETURN_IF_ERROR(check_range("axis", axis, 0, x.rank - 1));
  const AxisView view = AxisView::of(x, axis);
  LITE_RETURN_IF_ERROR(
      check_range("the number of scales", scales.shape[0], view.extent, view.extent));
  each_ = view.inner == 1;
  rows_ = each_ ? view.outer : view.outer * view.extent;
  columns_ = each_ ? view.extent : view.inner;
  scale_count_ = view.extent;
  return Status();
}

void Scaled::run(const RunContext& context) {
  if (rows_ == 1) {  // cut into tiles
    const float* scales = context.inputs[1].as<float>();
    for_each_tile(*context.team, columns_, [&](int64_t begin, int64_t end) {
      run_(context.inputs[0].data + begin * x_bytes_, context.outputs[0].data + begin * y_bytes_,
           end - begin, {scales + (each_ ? begin : 0), each_, zero_point_});
    });
    return;
  }
  const int64_t per_tile = std::max<int64_t>(1, kTileElements / std::max<int64_t>(1, columns_));
  const int64_t tiles = (rows_ + per_tile - 1) / per_tile;
  if (tiles <= 1) return run_rows(context, 0, rows_);
  context.team->parallel_for(tiles, [&](int64_t tile) {
    run_rows(context, tile * per_tile, std::min(rows_, (tile + 1) * per_tile));
  });
}

void Scaled::run_rows(const RunContext& context, int64_t begin, int64_t end) const {
  const float* scales = context.inputs[1].as<float>();
  for (int64_t row = begin; row < end; ++row)
    run_(context.inputs[0].data + row * columns_ * x_bytes_,
         context.outputs[0].data + row * columns_ * y_bytes_, columns_,
         {each_ ? scales : scales + row % scale_count_, each_, zero_point_});
}

}  // namespace lite::quantized
