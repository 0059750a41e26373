// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "kernels/resize/resize.h"
#include "kernels/scaling/scaling.h"
#include "ops/checks.h"
#include "ops/op.h"
#include "ops/quantized/parameters.h"
#include "ops/resizing/taps.h"

namespace lite {
namespace {

class QResize final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(check_tensors(context));
    const Attributes& attributes = *context.attributes;
    LITE_ASSIGN_OR_RETURN(scale_, quantized::read_scale(attributes, "scale"));
    LITE_ASSIGN_OR_RETURN(x_zero_, quantized::read_zero_point(attributes, "x_zero", DType::s8));
    LITE_ASSIGN_OR_RETURN(to_, quantized::read_placement(attributes, DType::s8));
    ResizeRule rule;
    rule.mode = attributes.text("mode", "linear");
    if (rule.mode != "linear" && rule.mode != "cubic")
      return error(Code::k_unsupported_op, "mode is %s, expected linear or cubic",
                   rule.mode.c_str());
    rule.coordinates = attributes.text("coordinates", "half_pixel");
    rule.cubic_coeff_a = attributes.real("cubic_coeff_a", -0.75f);
    rule.exclude_outside = attributes.boolean("exclude_outside", false);
    const Shape& x = context.inputs[0].shape;
    const Shape& y = context.outputs[0].shape;
    if (y.count() == 0) return Status();
    const Span<const float> scales = attributes.reals("scales");
    rows_ = resize_taps(rule, x[1], y[1], scales.size() == 2 ? scales[0] : 0.0f);
    columns_ = resize_taps(rule, x[2], y[2], scales.size() == 2 ? scales[1] : 0.0f);
    for (int64_t& position : columns_.positions) position *= x[3];  // offsets within a line
    line_bytes_ = aligned_bytes(x[2] * x[3]);
    thread_bytes_ = line_bytes_ + aligned_bytes(y[2] * y[3]);
    context.scratch_bytes =
        std::max(context.scratch_bytes, static_cast<size_t>(context.threads * thread_bytes_));
    kernels_ = &resize::kernels(context.isa);
    place_ = scaling::kernels(context.isa).place_s8;
    return Status();
  }

  void run(const RunContext& context) override {
    const Shape& y = context.outputs[0].shape;
    if (y.count() == 0) return;
    const int64_t rows = y[0] * y[1];
    const int64_t per_tile =
        std::max<int64_t>(kTileElements / std::max<int64_t>(y[2] * y[3], 1), 1);
    context.team->parallel_for_with_thread(
        (rows + per_tile - 1) / per_tile, [&](int64_t tile, int thread) {
          const int64_t end = std::min((tile + 1) * per_tile, rows);
          for (int64_t row = tile * per_tile; row < end; ++row)
            resize_row(context, row, context.scratch + thread * thread_bytes_);
        });
  }

 private:
  static constexpr int64_t kTileElements = 8 * 1024;

  static int64_t aligned_bytes(int64_t floats) {
    return (floats * static_cast<int64_t>(sizeof(float)) + 63) / 64 * 64;
  }

  static Status check_tensors(const PrepareContext& context) {
    LITE_RETURN_IF_ERROR(check_operands(context, 1, 1));
    const Tensor& x = context.inputs[0];
    const Tensor& y = context.outputs[0];
    LITE_RETURN_IF_ERROR(check_rank("the input", x.shape, 4));
    LITE_RETURN_IF_ERROR(check_dtype("x", x.dtype, DType::s8));
    LITE_RETURN_IF_ERROR(check_dtype("the output", y.dtype, DType::s8));
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

  // First the row's input rows are blended to a line, then the line's pixels.
  void resize_row(const RunContext& context, int64_t row, std::byte* scratch) const {
    const Shape& from = context.inputs[0].shape;
    const Shape& to = context.outputs[0].shape;
    float* line = reinterpret_cast<float*>(scratch);
    float* pixels = reinterpret_cast<float*>(scratch + line_bytes_);
    const int64_t line_count = from[2] * from[3], row_count = to[2] * to[3];
    const size_t first = static_cast<size_t>(row % to[1] * rows_.taps);
    const int8_t* image = context.inputs[0].as<int8_t>() + row / to[1] * from[1] * line_count;
    const int8_t* rows[resize::kMaxTaps];
    for (int tap = 0; tap < rows_.taps; ++tap)
      rows[tap] = image + rows_.positions[first + static_cast<size_t>(tap)] * line_count;
    kernels_->blend_rows_s8(rows, rows_.weights.data() + first, rows_.taps, x_zero_, line,
                            line_count);
    kernels_->blend_pixels(line, columns_.positions.data(), columns_.weights.data(), columns_.taps,
                           pixels, to[2], to[3], to[3]);
    place_(pixels, scale_, to_, context.outputs[0].as<int8_t>() + row * row_count, row_count);
  }

  AxisTaps rows_, columns_;
  float scale_ = 0.0f;
  int32_t x_zero_ = 0;
  Placement to_;
  const resize::Kernels* kernels_ = nullptr;
  void (*place_)(const float* x, float scale, const Placement& to, int8_t* y,
                 int64_t count) = nullptr;
  int64_t line_bytes_ = 0, thread_bytes_ = 0;
};

}  // namespace
}  // namespace lite

LITE_OP(q_resize, QResize,
        "y_zero lo hi size mode coordinates scales cubic_coeff_a exclude_outside scale x_zero",
        "s8", 0)
