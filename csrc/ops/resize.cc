// SPDX-License-Identifier: Apache-2.0
#include "kernels/resize/resize.h"

#include <algorithm>
#include <cstring>

#include "ops/checks.h"
#include "ops/movement/strided_copy.h"
#include "ops/op.h"
#include "ops/resizing/taps.h"

namespace lite {
namespace {

template <size_t kBytes>
void pick_fixed(const std::byte* row, const int64_t* offsets, std::byte* out, int64_t pixels,
                int64_t pitch) {
  for (int64_t pixel = 0; pixel < pixels; ++pixel)
    std::memcpy(out + pixel * pitch, row + offsets[pixel], kBytes);
}

// The pixel at out + p * pitch = the pixel at row + offsets[p], in bytes.
void pick_pixels(const std::byte* row, const int64_t* offsets, std::byte* out, int64_t pixels,
                 int64_t pixel_bytes, int64_t pitch) {
  switch (pixel_bytes) {
    case 1:
      return pick_fixed<1>(row, offsets, out, pixels, pitch);
    case 2:
      return pick_fixed<2>(row, offsets, out, pixels, pitch);
    case 4:
      return pick_fixed<4>(row, offsets, out, pixels, pitch);
    case 8:
      return pick_fixed<8>(row, offsets, out, pixels, pitch);
    case 12:
      return pick_fixed<12>(row, offsets, out, pixels, pitch);
    case 64:
      return pick_fixed<64>(row, offsets, out, pixels, pitch);
    case 96:
      return pick_fixed<96>(row, offsets, out, pixels, pitch);
    default:
      break;
  }
  for (int64_t pixel = 0; pixel < pixels; ++pixel)
    std::memcpy(out + pixel * pitch, row + offsets[pixel], static_cast<size_t>(pixel_bytes));
}

class Resize final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(check(context));
    const Tensor& x = context.inputs[0];
    const Shape& y = context.outputs[0].shape;
    if (y.count() == 0) return Status();
    const Span<const float> scales = context.attributes->reals("scales");
    const ResizeRule rule = rule_of(*context.attributes);
    rows_ = resize_taps(rule, x.shape[1], y[1], scales.size() == 2 ? scales[0] : 0.0f);
    columns_ = resize_taps(rule, x.shape[2], y[2], scales.size() == 2 ? scales[1] : 0.0f);
    const bool nearest = rows_.taps == 1;
    const int64_t element_bytes = static_cast<int64_t>(dtype_size_bytes(x.dtype));
    pixel_bytes_ = x.shape[3] * element_bytes;
    pitch_bytes_ = context.outputs[0].row_pitch() * element_bytes;
    for (int64_t& position : columns_.positions)  // from here on offsets within a row
      position *= nearest ? pixel_bytes_ : x.shape[3];
    const int64_t row_bytes = y[2] * pixel_bytes_;
    rows_per_tile_ =
        std::max<int64_t>(StridedCopy::kTileBytes / std::max<int64_t>(row_bytes, 1), 1);
    if (!nearest) {
      if (x.dtype != DType::f32)
        return error(Code::k_unsupported_op, "%s resize of %s, expected f32", rule.mode.c_str(),
                     dtype_name(x.dtype));
      kernels_ = &resize::kernels(context.isa);
      line_bytes_ = (x.shape[2] * pixel_bytes_ + 63) / 64 * 64;
      context.scratch_bytes += static_cast<size_t>(context.threads * line_bytes_);
    }
    return Status();
  }

  void run(const RunContext& context) override {
    const Tensor& y = context.outputs[0];
    if (y.shape.count() == 0) return;
    const int64_t rows = y.shape[0] * y.shape[1];
    const int64_t tiles = (rows + rows_per_tile_ - 1) / rows_per_tile_;
    const auto resize_tile = [&](int64_t tile, int thread) {
      const int64_t begin = tile * rows_per_tile_, end = std::min(begin + rows_per_tile_, rows);
      if (rows_.taps == 1) return pick_rows(context, begin, end);
      for (int64_t row = begin; row < end; ++row)
        blend_row(context, row, reinterpret_cast<float*>(context.scratch + thread * line_bytes_));
    };
    if (tiles == 1) return resize_tile(0, 0);
    context.team->parallel_for_with_thread(tiles, resize_tile);
  }

 private:
  static Status check(const PrepareContext& context) {
    LITE_RETURN_IF_ERROR(check_operands(context, 1, 1));
    LITE_RETURN_IF_ERROR(check_layout(context));
    const Tensor& x = context.inputs[0];
    const Tensor& y = context.outputs[0];
    LITE_RETURN_IF_ERROR(check_rank("the input", x.shape, 4));
    LITE_RETURN_IF_ERROR(check_dtype("the output", y.dtype, x.dtype));
    Shape expected = x.shape;
    if (y.shape.rank == 4) std::copy_n(&y.shape.dims[1], 2, &expected.dims[1]);
    LITE_RETURN_IF_ERROR(check_shape("the output", y.shape, expected));
    if (y.shape.count() == 0) return Status();
    for (int axis : {1, 2}) {
      constexpr int64_t kMost = 1 << 24;
      LITE_RETURN_IF_ERROR(check_range("an extent of the input", x.shape[axis], 1, kMost));
      LITE_RETURN_IF_ERROR(check_range("an extent of the output", y.shape[axis], 1, kMost));
    }
    return Status();
  }

  static ResizeRule rule_of(const Attributes& attributes) {
    ResizeRule rule;
    rule.mode = attributes.text("mode", "nearest");
    rule.coordinates = attributes.text("coordinates", "half_pixel");
    rule.nearest = attributes.text("nearest", "round_prefer_floor");
    rule.cubic_coeff_a = attributes.real("cubic_coeff_a", -0.75f);
    rule.exclude_outside = attributes.boolean("exclude_outside", false);
    return rule;
  }

  // Rows [begin, end) of all images. A row like the one before is copied from it.
  void pick_rows(const RunContext& context, int64_t begin, int64_t end) const {
    const Shape& from = context.inputs[0].shape;
    const Shape& to = context.outputs[0].shape;
    const int64_t row_bytes = to[2] * pitch_bytes_;
    const bool dense = pixel_bytes_ == pitch_bytes_;
    int64_t previous = -1;
    for (int64_t row = begin; row < end; ++row) {
      const int64_t source =
          row / to[1] * from[1] + rows_.positions[static_cast<size_t>(row % to[1])];
      std::byte* out = context.outputs[0].data + row * row_bytes;
      if (source == previous && dense)
        std::memcpy(out, out - row_bytes, static_cast<size_t>(row_bytes));
      else
        pick_pixels(context.inputs[0].data + source * from[2] * pixel_bytes_,
                    columns_.positions.data(), out, to[2], pixel_bytes_, pitch_bytes_);
      previous = source;
    }
  }

  // One row: first its input rows are blended to a line, then the line's pixels.
  void blend_row(const RunContext& context, int64_t row, float* line) const {
    const Shape& from = context.inputs[0].shape;
    const Shape& to = context.outputs[0].shape;
    const int64_t line_count = from[2] * from[3], pitch = context.outputs[0].row_pitch();
    const size_t first = static_cast<size_t>(row % to[1] * rows_.taps);
    const float* image = context.inputs[0].as<float>() + row / to[1] * from[1] * line_count;
    const float* rows[resize::kMaxTaps];
    for (int tap = 0; tap < rows_.taps; ++tap)
      rows[tap] = image + rows_.positions[first + static_cast<size_t>(tap)] * line_count;
    kernels_->blend_rows(rows, rows_.weights.data() + first, rows_.taps, line, line_count);
    kernels_->blend_pixels(line, columns_.positions.data(), columns_.weights.data(), columns_.taps,
                           context.outputs[0].as<float>() + row * to[2] * pitch, to[2], to[3],
                           pitch);
  }

  AxisTaps rows_, columns_;
  const resize::Kernels* kernels_ = nullptr;
  int64_t pixel_bytes_ = 0, pitch_bytes_ = 0, line_bytes_ = 0, rows_per_tile_ = 1;
};

}  // namespace
}  // namespace lite

LITE_OP(resize, Resize, "size mode coordinates nearest scales cubic_coeff_a exclude_outside layout",
        kMovableDTypes, kPitchedOutputs)
