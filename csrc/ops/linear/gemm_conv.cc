// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/gemm_conv.h"

#include <algorithm>
#include <cstring>

namespace lite::linear {
namespace {

// Below so many channels a tap is too short a row for the GEMM; a row of the window is taken
// instead.
constexpr int64_t kFewChannels = 32;

Columns columns_of(const Window& window, const Shape& weights) {
  Columns columns;
  columns.groups = window.groups;
  columns.n = weights[0] / window.groups;
  columns.channels = weights[1];
  columns.channel_stride = window.taps();
  columns.column_stride = columns.channels * columns.channel_stride;
  columns.group_stride = columns.n * columns.column_stride;
  columns.offsets.resize(static_cast<size_t>(window.taps()));
  for (int64_t tap = 0; tap < window.taps(); ++tap) columns.offsets[static_cast<size_t>(tap)] = tap;
  return columns;
}

}  // namespace

void GemmConv::prepare(PrepareContext& context, const Window& window,
                       const Activation& activation) {
  kernels_ = &gemm::kernels(context.isa);
  window_ = window;
  activation_ = activation;
  const Shape& x = context.inputs[0].shape;
  images_ = x[0];
  in_ = image_of(x);
  out_ = image_of(context.outputs[0].shape);
  const int64_t channels = in_.channels / window.groups;
  whole_rows_ = window.kernel_width > 1 && window.groups == 1 && window.dilation_width == 1 &&
                channels < kFewChannels;
  taps_ = whole_rows_ ? window.kernel_height : window.taps();
  k_ = whole_rows_ ? window.kernel_width * channels : channels;
  const int64_t fresh = channels * std::min(window.kernel_height, window.stride_height) *
                        std::min(window.kernel_width, window.stride_width);
  tasks_ = GemmTasks(out_.height * out_.width, out_.channels / window.groups, taps_, k_, fresh);
  zeros_bytes_ = aligned_bytes(static_cast<size_t>(k_) * sizeof(float));
  weights_bytes_ =
      weights_.prepare(context.inputs[1], columns_of(window, context.inputs[1].shape), *kernels_);
  thread_bytes_ = aligned_bytes(table_bytes()) + aligned_bytes(copies_bytes());
  context.scratch_bytes =
      std::max(context.scratch_bytes, weights_bytes_ + zeros_bytes_ +
                                          thread_bytes_ * static_cast<size_t>(context.threads));
}

size_t GemmConv::table_bytes() const {
  return static_cast<size_t>(tasks_.greatest_rows() * taps_) * sizeof(const float*);
}

size_t GemmConv::copies_bytes() const {
  if (!whole_rows_ || (window_.pad_left == 0 && window_.pad_right == 0)) return 0;
  return static_cast<size_t>(tasks_.greatest_rows() * taps_ * k_) * sizeof(float);
}

// Calls segment(row, begin, end, i) for each row of outputs that the task has a part of: columns
// [begin, end), of which the first is the task's pixel i.
template <class Segment>
void GemmConv::for_each_segment(const Range& pixels, const Segment& segment) const {
  for (int64_t i = pixels.begin; i < pixels.end;) {
    const int64_t row = i / out_.width, begin = i % out_.width;
    const int64_t end = std::min(out_.width, begin + pixels.end - i);
    segment(row, begin, end, i - pixels.begin);
    i += end - begin;
  }
}

// The columns of [begin, end) whose window, `span` wide and beginning at column * stride - shift,
// lies inside the image.
Range GemmConv::inside(int64_t begin, int64_t end, int64_t shift, int64_t span) const {
  const int64_t stride = window_.stride_width;
  const int64_t first = shift <= 0 ? 0 : ceil_div(shift, stride);
  const int64_t room = in_.width - span + shift;
  const int64_t last = room < 0 ? 0 : room / stride + 1;
  const int64_t lo = std::min(std::max(begin, first), end);
  return {lo, std::min(std::max(lo, last), end)};
}

void GemmConv::point_at_taps(const Task& task) const {
  const int64_t step = window_.stride_width * in_.channels;
  for (int64_t tap = 0; tap < taps_; ++tap) {
    const int64_t down = tap / window_.kernel_width * window_.dilation_height - window_.pad_top;
    const int64_t shift = window_.pad_left - tap % window_.kernel_width * window_.dilation_width;
    const float** table = task.table + tap * task.rows.size();
    for_each_segment(task.rows, [&](int64_t row, int64_t begin, int64_t end, int64_t i) {
      const int64_t y = row * window_.stride_height + down;
      const Range good = y >= 0 && y < in_.height ? inside(begin, end, shift, 1) : Range{end, end};
      const int64_t first = y * in_.width + good.begin * window_.stride_width - shift;
      const float* x = good.size() > 0 ? task.x + first * in_.channels : nullptr;
      const float** next = table + i;
      for (int64_t column = begin; column < good.begin; ++column) *next++ = task.zeros;
      for (int64_t column = good.begin; column < good.end; ++column, x += step) *next++ = x;
      for (int64_t column = good.end; column < end; ++column) *next++ = task.zeros;
    });
  }
}

// The part of a window's row that lies in the image, zeros around it.
const float* GemmConv::copied(const float* row, int64_t left, float* copy) const {
  for (int64_t kx = 0; kx < window_.kernel_width; ++kx) {
    const int64_t x = left + kx;
    float* target = copy + kx * in_.channels;
    if (x >= 0 && x < in_.width) {
      std::copy_n(row + x * in_.channels, in_.channels, target);
    } else {
      std::fill_n(target, in_.channels, 0.0f);
    }
  }
  return copy;
}

void GemmConv::point_at_window_rows(const Task& task) const {
  float* copy = task.copies;
  for (int64_t tap = 0; tap < taps_; ++tap) {
    const int64_t down = tap * window_.dilation_height - window_.pad_top;
    const float** table = task.table + tap * task.rows.size();
    for_each_segment(task.rows, [&](int64_t row, int64_t begin, int64_t end, int64_t i) {
      const int64_t y = row * window_.stride_height + down;
      const float** next = table + i;
      if (y < 0 || y >= in_.height) {
        std::fill_n(next, end - begin, task.zeros);
        return;
      }
      const float* start = task.x + y * in_.width * in_.channels;
      const Range good = inside(begin, end, window_.pad_left, window_.kernel_width);
      for (int64_t column = begin; column < end; ++column) {
        const int64_t left = column * window_.stride_width - window_.pad_left;
        if (column >= good.begin && column < good.end) {
          *next++ = start + left * in_.channels;
        } else {
          *next++ = copied(start, left, copy);
          copy += k_;
        }
      }
    });
  }
}

void GemmConv::run(const RunContext& context) const {
  if (tasks_.count() == 0 || images_ == 0) return;
  const float* weights = weights_.pack(context.inputs[1], context.scratch, *context.team);
  std::memset(context.scratch + weights_bytes_, 0, zeros_bytes_);
  std::byte* scratch = context.scratch + weights_bytes_ + zeros_bytes_;
  context.team->parallel_for_with_thread(
      images_ * window_.groups * tasks_.count(), [&](int64_t index, int thread) {
        run_task(context, weights, index, scratch + static_cast<size_t>(thread) * thread_bytes_);
      });
}

void GemmConv::run_task(const RunContext& context, const float* weights, int64_t index,
                        std::byte* scratch) const {
  const int64_t part = index / tasks_.count();
  const int64_t image = part / window_.groups, group = part % window_.groups;
  const Range columns = tasks_.columns(index % tasks_.count());
  const Columns& layout = weights_.columns();
  Task task;
  task.rows = tasks_.rows(index % tasks_.count());
  task.x = context.inputs[0].as<float>() + image * in_.count() + group * layout.channels;
  task.table = reinterpret_cast<const float**>(scratch);
  task.zeros = reinterpret_cast<const float*>(context.scratch + weights_bytes_);
  task.copies = reinterpret_cast<float*>(scratch + aligned_bytes(table_bytes()));
  whole_rows_ ? point_at_window_rows(task) : point_at_taps(task);

  const int64_t column = group * layout.n + columns.begin;
  const int64_t corner =
      (image * out_.height * out_.width + task.rows.begin) * out_.channels + column;
  const bool biased = context.inputs.size() > 2 && context.inputs[2].data != nullptr;
  const bool residual = context.inputs.size() > 3 && context.inputs[3].data != nullptr;
  gemm::Block block;
  block.m = task.rows.size();
  block.n = columns.size();
  block.taps = taps_;
  block.k = k_;
  block.rows = task.table;
  block.row_stride = block.m;
  block.zeros = task.zeros;
  block.b =
      weights + group * layout.group_count() + columns.begin / gemm::kPanel * layout.panel_count();
  block.panel_stride = layout.panel_count();
  block.b_end = weights + (group + 1) * layout.group_count();
  block.bias = biased ? context.inputs[2].as<float>() + column : nullptr;
  block.residual = residual ? context.inputs[3].as<float>() + corner : nullptr;
  block.residual_stride = out_.channels;
  block.c = context.outputs[0].as<float>() + corner;
  block.c_stride = out_.channels;
  block.activation = activation_;
  kernels_->multiply(block);
}

const char* GemmConv::kernel() const {
  if (window_.taps() == 1) return "gemm_1x1";
  return whole_rows_ ? "gemm_rows" : "gemm_taps";
}

}  // namespace lite::linear
