// SPDX-License-Identifier: Apache-2.0
#include "ops/pooling/pooling.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "ops/checks.h"
#include "ops/movement/elements.h"
#include "ops/quantized/parameters.h"

namespace lite {
namespace {

constexpr int64_t kTileElements = 16 * 1024;
constexpr int64_t kMost = 1 << 24;

Status check_side(const char* what, const WindowSide& side, int64_t windows, int64_t extent) {
  LITE_RETURN_IF_ERROR(
      check_range(what, static_cast<int64_t>(side.windows.size()), windows, windows));
  for (const WindowSide::Window& window : side.windows) {
    if (window.taps == 0) continue;
    const int64_t last = window.first + (window.taps - 1) * side.dilation;
    LITE_RETURN_IF_ERROR(check_range(what, window.first, 0, extent - 1));
    LITE_RETURN_IF_ERROR(check_range(what, last, 0, extent - 1));
  }
  return Status();
}

// What reading so many channels costs. Integers are read by blocks, of which those of few channels
// are mostly empty.
int64_t reads(int64_t channels, DType dtype) {
  constexpr int64_t kBlock = 64, kSmallBlock = 16;
  if (dtype == DType::f32) return channels;
  return channels / kBlock + (channels % kBlock + kSmallBlock - 1) / kSmallBlock;
}

template <class T>
void fill(const Tensor& y, int64_t element, int64_t count, T value) {
  std::fill_n(y.as<T>() + element, count, value);
}

}  // namespace

Status Pooling::check_tensors(const PrepareContext& context) const {
  LITE_RETURN_IF_ERROR(check_operands(context, 1, 1));
  const Tensor& x = context.inputs[0];
  const Tensor& y = context.outputs[0];
  LITE_RETURN_IF_ERROR(check_rank("the input", x.shape, 4));
  LITE_RETURN_IF_ERROR(check_dtype("the output", y.dtype, x.dtype));
  Shape expected = x.shape;
  if (y.shape.rank == 4) std::copy_n(&y.shape.dims[1], 2, &expected.dims[1]);
  LITE_RETURN_IF_ERROR(check_shape("the output", y.shape, expected));
  for (int axis : {1, 2}) {
    LITE_RETURN_IF_ERROR(check_range("an extent of the input", x.shape[axis], 0, kMost));
    LITE_RETURN_IF_ERROR(check_range("an extent of the output", y.shape[axis], 0, kMost));
  }
  return Status();
}

Status Pooling::prepare(const PrepareContext& context) {
  LITE_RETURN_IF_ERROR(check_tensors(context));
  LITE_RETURN_IF_ERROR(check_layout(context));
  const DType dtype = context.inputs[0].dtype;
  average_ = std::string(context.attributes->text("kind", "max")) == "average";
  if (average_) LITE_RETURN_IF_ERROR(check_dtype("the input of a mean", dtype, DType::f32));
  const pool::Kernels& kernels = pool::kernels(context.isa);
  fold_ = average_              ? kernels.sum_f32
          : dtype == DType::f32 ? kernels.max_f32
          : dtype == DType::s8  ? kernels.max_s8
          : dtype == DType::s16 ? kernels.max_s16
                                : kernels.max_u8;
  return Status();
}

Status Pooling::prepare_quantized(const PrepareContext& context) {
  LITE_RETURN_IF_ERROR(check_tensors(context));
  const DType dtype = context.inputs[0].dtype;
  if (dtype != DType::s8) LITE_RETURN_IF_ERROR(check_dtype("x", dtype, DType::s16));
  const Attributes& attributes = *context.attributes;
  LITE_ASSIGN_OR_RETURN(scale_, quantized::read_scale(attributes, "scale"));
  LITE_ASSIGN_OR_RETURN(x_zero_, quantized::read_zero_point(attributes, "x_zero", dtype));
  LITE_ASSIGN_OR_RETURN(placement_, quantized::read_placement(attributes, dtype));
  const means::Kernels& kernels = means::kernels(context.isa);
  mean_ = dtype == DType::s8 ? kernels.windows_s8 : kernels.windows_s16;
  return Status();
}

Status Pooling::place(PrepareContext& context, WindowSide rows, WindowSide columns) {
  const Shape& x = context.inputs[0].shape;
  const Shape& y = context.outputs[0].shape;
  LITE_RETURN_IF_ERROR(check_side("a window's row", rows, y[1], x[1]));
  LITE_RETURN_IF_ERROR(check_side("a window's column", columns, y[2], x[2]));
  height_ = x[1];
  width_ = x[2];
  channels_ = x[3];
  x_pitch_ = context.inputs[0].row_pitch();
  y_pitch_ = context.outputs[0].row_pitch();
  column_dilation_ = columns.dilation;
  rows_ = std::move(rows);
  for (size_t i = 0; i < columns.windows.size(); ++i) {
    const WindowSide::Window& window = columns.windows[i];
    if (!segments_.empty()) {
      Segment& last = segments_.back();
      const int64_t step = window.first - columns.windows[i - 1].first;
      if (window.taps == last.window.taps && window.counted == last.window.counted &&
          (last.pixels == 1 || step == last.step)) {
        last.step = step;
        ++last.pixels;
        continue;
      }
    }
    segments_.push_back({window, static_cast<int64_t>(i), 1, 0});
  }
  output_rows_ = y[0] * y[1];
  rows_per_tile_ = std::max<int64_t>(kTileElements / std::max<int64_t>(y[2] * channels_, 1), 1);
  if (worth_two_steps(context.inputs[0].dtype)) {
    const int64_t line =
        width_ * channels_ * static_cast<int64_t>(dtype_size_bytes(context.inputs[0].dtype));
    line_bytes_ = (line + 63) / 64 * 64;
    context.scratch_bytes += static_cast<size_t>(context.threads * line_bytes_);
  }
  return Status();
}

// By how much the kernels read per output pixel, with some more for the detour.
bool Pooling::worth_two_steps(DType dtype) const {
  if (mean_ != nullptr) return false;  // a line would have to hold sums
  if (x_pitch_ != channels_) return false;
  int64_t rows = 0, columns = 0, outputs = 0;
  for (const WindowSide::Window& window : rows_.windows)
    rows = std::max<int64_t>(rows, window.taps);
  for (const Segment& segment : segments_) {
    columns = std::max<int64_t>(columns, segment.window.taps);
    outputs += segment.pixels;
  }
  if (outputs == 0) return false;
  constexpr int64_t kDetour = 4;
  const int64_t pixel = reads(channels_, dtype), line = reads(width_ * channels_, dtype);
  return rows * columns * pixel > rows * line / outputs + (columns + kDetour) * pixel;
}

void Pooling::run(const RunContext& context) const {
  const auto pool_tile = [&](int64_t tile, int thread) {
    const int64_t end = std::min((tile + 1) * rows_per_tile_, output_rows_);
    for (int64_t row = tile * rows_per_tile_; row < end; ++row)
      pool_row(context.inputs[0], context.outputs[0], row, context.scratch + thread * line_bytes_);
  };
  if (context.outputs[0].shape.count() == 0) return;
  const int64_t tiles = (output_rows_ + rows_per_tile_ - 1) / rows_per_tile_;
  if (tiles == 1) return pool_tile(0, 0);
  context.team->parallel_for_with_thread(tiles, pool_tile);
}

void Pooling::pool_row(const Tensor& x, const Tensor& y, int64_t row, std::byte* line) const {
  const int64_t output_height = static_cast<int64_t>(rows_.windows.size());
  const WindowSide::Window& vertical = rows_.windows[static_cast<size_t>(row % output_height)];
  const int64_t element_bytes = static_cast<int64_t>(dtype_size_bytes(x.dtype));
  const int64_t pixel_bytes = x_pitch_ * element_bytes;
  if (vertical.taps == 0) return fill_empty(y, row * y.shape[2], y.shape[2]);
  pool::Row windows;
  windows.src = x.data + (row / output_height * height_ + vertical.first) * width_ * pixel_bytes;
  windows.rows = vertical.taps;
  windows.row_stride = rows_.dilation * width_ * x_pitch_;
  if (line_bytes_ > 0) {  // first the columns of the whole row, seen as one pixel
    windows.dst = line;
    windows.pixels = windows.columns = 1;
    windows.channels = width_ * channels_;
    fold_(windows);
    windows.src = line;
    windows.rows = 1;
  }
  windows.channels = channels_;
  windows.dst_stride = y_pitch_;
  windows.column_stride = column_dilation_ * x_pitch_;
  const std::byte* source = static_cast<const std::byte*>(windows.src);
  for (const Segment& segment : segments_) {
    const int64_t out = row * y.shape[2] + segment.begin;
    if (segment.window.taps == 0) {
      fill_empty(y, out, segment.pixels);
      continue;
    }
    windows.src = source + segment.window.first * pixel_bytes;
    windows.dst = y.data + out * y_pitch_ * element_bytes;
    windows.pixels = segment.pixels;
    windows.pixel_stride = segment.step * x_pitch_;
    windows.columns = segment.window.taps;
    fold(windows, int64_t{vertical.taps} * segment.window.taps,
         int64_t{vertical.counted} * segment.window.counted);
  }
}

void Pooling::fold(pool::Row& windows, int64_t taps, int64_t counted) const {
  const float count = static_cast<float>(std::max<int64_t>(counted, 1));
  if (mean_ != nullptr) return mean_(windows, {scale_ / count, taps * x_zero_, placement_});
  windows.scale = 1.0f / count;
  fold_(windows);
}

void Pooling::fill_empty(const Tensor& y, int64_t pixel, int64_t pixels) const {
  for (; pixels > 0; ++pixel, --pixels) fill_pixel(y, pixel * y_pitch_, channels_);
}

void Pooling::fill_pixel(const Tensor& y, int64_t element, int64_t count) const {
  if (mean_ != nullptr) {
    const int32_t zero = placed(0.0f, placement_);
    return y.dtype == DType::s8 ? fill(y, element, count, static_cast<int8_t>(zero))
                                : fill(y, element, count, static_cast<int16_t>(zero));
  }
  if (average_) return fill(y, element, count, 0.0f);
  if (y.dtype == DType::f32) return fill(y, element, count, std::numeric_limits<float>::lowest());
  if (y.dtype == DType::s8) return fill(y, element, count, std::numeric_limits<int8_t>::min());
  if (y.dtype == DType::s16) return fill(y, element, count, std::numeric_limits<int16_t>::min());
  fill(y, element, count, uint8_t{0});
}

}  // namespace lite
