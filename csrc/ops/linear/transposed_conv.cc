// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/transposed_conv.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace lite::linear {
namespace {

constexpr int64_t kGreatestPhases = 4096;

}  // namespace

Status TransposedConv::prepare(PrepareContext& context, const Window& window,
                               const Activation& activation) {
  kernels_ = &gemm::kernels(context.isa);
  window_ = window;
  activation_ = activation;
  images_ = context.inputs[0].shape[0];
  in_ = image_of(context.inputs[0].shape);
  out_ = image_of(context.outputs[0].shape);
  pixels_ = windows_lie_side_by_side() ? window.stride_width : 1;
  phase_columns_ = std::min(window.stride_width, out_.width) / pixels_;
  const int64_t phase_rows = std::min(window.stride_height, out_.height);
  if (phase_rows > kGreatestPhases ||
      phase_columns_ > kGreatestPhases / std::max<int64_t>(phase_rows, 1))
    return error(Code::k_unsupported_op,
                 "strides %lld x %lld are too great, expected a product of at most %lld",
                 static_cast<long long>(window.stride_height),
                 static_cast<long long>(window.stride_width),
                 static_cast<long long>(kGreatestPhases));
  for (int64_t row = 0; row < phase_rows; ++row)
    for (int64_t column = 0; column < phase_columns_; ++column) add_phase(context, row, column);
  size_t entries = 0, task_bytes = 0;
  for (const Phase& phase : phases_) {
    entries = std::max(entries, phase.taps.size() * static_cast<size_t>(width_of(phase)));
    task_bytes = std::max(task_bytes, phase.weights.task_bytes());
  }
  zeros_bytes_ = aligned_bytes(static_cast<size_t>(in_.channels / window.groups) * sizeof(float));
  if (pixels_ > 1 && context.present(2))
    bias_bytes_ = aligned_bytes(static_cast<size_t>(pixels_ * out_.channels) * sizeof(float));
  table_bytes_ = aligned_bytes(entries * sizeof(const float*));
  thread_bytes_ = table_bytes_ + task_bytes;
  context.scratch_bytes =
      std::max(context.scratch_bytes, weights_bytes_ + zeros_bytes_ + bias_bytes_ +
                                          thread_bytes_ * static_cast<size_t>(context.threads));
  return Status();
}

bool TransposedConv::windows_lie_side_by_side() const {
  return window_.kernel_width == window_.stride_width && window_.dilation_width == 1 &&
         window_.pad_left == 0 && window_.groups == 1 &&
         out_.width == in_.width * window_.stride_width;
}

int64_t TransposedConv::width_of(const Phase& phase) const {
  return ceil_div(out_.width - phase.column, window_.stride_width);  // pixels_ or 1 wide each
}

Columns TransposedConv::columns_of(const Phase& phase, const Shape& weights) const {
  Columns columns;
  columns.groups = window_.groups;
  columns.n = pixels_ * weights[1];
  columns.channels = weights[0] / window_.groups;
  columns.column_stride = window_.taps();
  columns.channel_stride = weights[1] * window_.taps();
  columns.group_stride = columns.channels * columns.channel_stride;
  columns.period = weights[1];
  columns.period_stride = 1;  // from pixel to pixel the window's next column
  columns.offsets.clear();
  for (const Tap& tap : phase.taps) columns.offsets.push_back(tap.kernel_offset);
  return columns;
}

void TransposedConv::add_phase(const PrepareContext& context, int64_t row, int64_t column) {
  Phase phase;
  phase.row = row;
  phase.column = column;
  for (int64_t ky = 0; ky < window_.kernel_height; ++ky)
    for (int64_t kx = 0; kx < window_.kernel_width; ++kx) {
      const int64_t y = row + window_.pad_top - ky * window_.dilation_height;
      const int64_t x = column + window_.pad_left - kx * window_.dilation_width;
      if (y % window_.stride_height == 0 && x % window_.stride_width == 0)
        phase.taps.push_back(
            {y / window_.stride_height, x / window_.stride_width, ky * window_.kernel_width + kx});
    }
  const Tensor& weights = context.inputs[1];
  phase.weights_offset = weights_bytes_;
  weights_bytes_ += phase.weights.prepare(weights, scales_of(context, kTransposedScales),
                                          columns_of(phase, weights.shape), *kernels_);
  phases_.push_back(std::move(phase));
}

void TransposedConv::point_at_inputs(const Phase& phase, int64_t row, const float* x,
                                     const float* zeros, const float** table) const {
  const int64_t m = width_of(phase);
  for (const Tap& tap : phase.taps) {
    const int64_t y = row / window_.stride_height + tap.row_shift;
    for (int64_t i = 0; i < m; ++i) {
      const int64_t column = i + tap.column_shift;
      const bool inside = y >= 0 && y < in_.height && column >= 0 && column < in_.width;
      *table++ = inside ? x + (y * in_.width + column) * in_.channels : zeros;
    }
  }
}

void TransposedConv::run_row(const RunContext& context, const float* bias, const Phase& phase,
                             int64_t row, int64_t part, std::byte* scratch) const {
  const int64_t image = part / window_.groups, group = part % window_.groups;
  const Columns& columns = phase.weights.columns();
  const float* x = context.inputs[0].as<float>() + image * in_.count() + group * columns.channels;
  const float* zeros = reinterpret_cast<const float*>(context.scratch + weights_bytes_);
  const float** table = reinterpret_cast<const float**>(scratch);
  const int64_t column = group * columns.n;
  point_at_inputs(phase, row, x, zeros, table);
  gemm::Block block;
  block.m = width_of(phase);
  block.n = columns.n;
  block.taps = columns.taps();
  block.k = columns.channels;
  block.rows = table;
  block.row_stride = block.m;
  block.zeros = zeros;
  block.bias = bias ? bias + column : nullptr;
  block.c = context.outputs[0].as<float>() + column +
            ((image * out_.height + row) * out_.width + phase.column) * out_.channels;
  block.c_stride = window_.stride_width * out_.channels;
  block.activation = activation_;
  phase.weights.multiply(block, phase.packed, group, 0, scratch + table_bytes_);
}

// The bias once for each of the pixels that a row of a GEMM makes.
const float* TransposedConv::repeated_bias(const RunContext& context) const {
  const float* bias = context.inputs.size() > 2 ? context.inputs[2].as<float>() : nullptr;
  if (bias == nullptr || pixels_ == 1) return bias;
  float* repeated = reinterpret_cast<float*>(context.scratch + weights_bytes_ + zeros_bytes_);
  for (int64_t pixel = 0; pixel < pixels_; ++pixel)
    std::copy_n(bias, out_.channels, repeated + pixel * out_.channels);
  return repeated;
}

void TransposedConv::run(const RunContext& context) {
  if (images_ == 0 || phases_.empty()) return;
  std::memset(context.scratch + weights_bytes_, 0, zeros_bytes_);
  for (Phase& phase : phases_)
    phase.packed = phase.weights.pack(context.inputs[1], context.scratch + phase.weights_offset,
                                      *context.team);
  const float* bias = repeated_bias(context);
  const int64_t lines = out_.height * phase_columns_;
  std::byte* scratch = context.scratch + weights_bytes_ + zeros_bytes_ + bias_bytes_;
  context.team->parallel_for_with_thread(
      images_ * window_.groups * lines, [&](int64_t index, int thread) {
        const int64_t row = index % lines / phase_columns_;
        const int64_t phase = row % window_.stride_height * phase_columns_ + index % phase_columns_;
        run_row(context, bias, phases_[static_cast<size_t>(phase)], row, index / lines,
                scratch + static_cast<size_t>(thread) * thread_bytes_);
      });
}

}  // namespace lite::linear
