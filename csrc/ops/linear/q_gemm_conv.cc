// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/q_gemm_conv.h"

#include <algorithm>
#include <cstring>

#include "ops/linear/gemm_conv.h"

namespace lite::linear {
namespace {

constexpr size_t kResidual = 4;
constexpr int64_t kFewChannels = 32;
constexpr int64_t kShortRow = 32;  // windows of rows up to this are copied

// From so many channels on, and for rows so long, single taps always win.
constexpr int64_t kManyChannels = 96;
constexpr int64_t kLongRow = 4 * kShortRow;

constexpr const char* kNames[][4] = {
    {"qgemm_taps", "qgemm_rows", "qgemm_windows", "qgemm_1x1"},
    {"qgemm_taps_narrow", "qgemm_rows_narrow", "qgemm_windows_narrow", "qgemm_1x1_narrow"},
    {"qgemm_taps_tiled", "qgemm_rows_tiled", "qgemm_windows_tiled", "qgemm_1x1_tiled"}};

bool is_named(const char* kernel, Tap tap) {
  const char* const name = kNames[0][static_cast<int>(tap)];
  return std::strncmp(kernel, name, std::strlen(name)) == 0;
}

// The weights are packed by rows of the window, each filled up to whole quads: single taps of whole
// quads, and the window as one tap, read them, too.
bool can_take(Tap tap, const Window& window, int64_t channels, bool dense) {
  if (tap == Tap::pixel) return channels % qgemm::kQuad == 0 || window.kernel_width == 1;
  if (window.kernel_width == 1) return false;
  return tap == Tap::window_row || (window.has_whole_rows() && dense);
}

Tap tap_of(const char* kernel, const Window& window, int64_t channels, bool dense) {
  for (Tap tap : {Tap::pixel, Tap::window_row, Tap::window})
    if (is_named(kernel, tap) && can_take(tap, window, channels, dense)) return tap;
  if (window.kernel_width == 1) return Tap::pixel;
  const bool in_one_piece = window.has_whole_rows() && dense;
  if (channels % qgemm::kQuad == 0)
    return in_one_piece && channels < kFewChannels ? Tap::window_row : Tap::pixel;
  return in_one_piece && window.kernel_width * channels <= kShortRow ? Tap::window
                                                                     : Tap::window_row;
}

}  // namespace

void QGemmConv::prepare(PrepareContext& context, const Window& window,
                        const Requantization& requantization, const OutputTable& table) {
  table_ = table;
  window_ = window;
  requantization_ = requantization;
  const Tensor& w = context.inputs[1];
  images_ = context.inputs[0].shape[0];
  in_ = image_of(context.inputs[0]);
  out_ = image_of(context.outputs[0]);
  residual_pitch_ = residual_pitch(context, kResidual);
  rows_ = PixelRows<int8_t>(window, in_, out_,
                            tap_of(context.kernel, window, w.shape[1], in_.channels == in_.pitch));
  weights_bytes_ = weights_.prepare(w, columns_of(window, w.shape), window.kernel_height);
  const int64_t m = out_.height * out_.width;
  kernels_ = &weights_.kernels(context, {m, rows_.taps(), rows_.k()});
  tasks_ = GemmTasks(m, out_.channels / window.groups, rows_.taps(), rows_.k(), rows_.fresh_bytes(),
                     task_of(*kernels_));
  bias_bytes_ = bias_.prepare(context, requantization.x_zero + kernels_->offset);
  if (kernels_->wants_sums) sums_ = bias_.sums(context, requantization);
  padding_bytes_ = aligned_bytes(static_cast<size_t>(rows_.k()) + 1);
  even_rows_ = EvenRows(window, in_, out_, rows_);
  is_even_ = even_rows_.fit(*kernels_);
  table_bytes_ =
      is_even_ ? even_rows_.bytes(greatest_pixels()) : rows_.bytes(tasks_.greatest_rows());
  thread_bytes_ =
      table_bytes_ + aligned_bytes(static_cast<size_t>(qgemm::scratch_bytes(
                         *kernels_, {tasks_.greatest_rows(), rows_.taps(), rows_.k()})));
  context.scratch_bytes =
      std::max(context.scratch_bytes, weights_bytes_ + bias_bytes_ + padding_bytes_ +
                                          thread_bytes_ * static_cast<size_t>(context.threads));
}

void QGemmConv::run(const RunContext& context) const {
  if (tasks_.count() == 0 || images_ == 0) return;
  std::byte* bias = context.scratch + weights_bytes_;
  std::byte* padding = bias + bias_bytes_;
  std::byte* scratch = padding + padding_bytes_;
  std::memset(padding, requantization_.x_zero, padding_bytes_);
  const Operands operands = {weights_.pack(context.inputs[1], context.scratch, *context.team),
                             bias_.fold(context, bias), reinterpret_cast<const int8_t*>(padding)};
  context.team->parallel_for_with_thread(
      images_ * window_.groups * tasks_.count(), [&](int64_t index, int thread) {
        run_task(context, operands, index, scratch + static_cast<size_t>(thread) * thread_bytes_);
      });
}

Range QGemmConv::pixels_of(int64_t task) const {
  const Range pixels = tasks_.rows(task);
  return is_even_ ? even_rows_.whole(pixels) : pixels;
}

int64_t QGemmConv::greatest_pixels() const {
  int64_t greatest = 0;
  for (int64_t task = 0; task < tasks_.count(); ++task)
    greatest = std::max(greatest, pixels_of(task).size());
  return greatest;
}

void QGemmConv::run_task(const RunContext& context, const Operands& operands, int64_t index,
                         std::byte* scratch) const {
  const int64_t part = index / tasks_.count();
  const int64_t image = part / window_.groups, group = part % window_.groups;
  const Range pixels = pixels_of(index % tasks_.count());
  if (pixels.size() == 0) return;
  const Range columns = tasks_.columns(index % tasks_.count());
  const int8_t* x = context.inputs[0].as<int8_t>() + image * in_.count() +
                    group * (in_.channels / window_.groups);
  const int64_t column = group * (out_.channels / window_.groups) + columns.begin;
  const int64_t pixel = image * out_.height * out_.width + pixels.begin;
  const bool residual =
      context.inputs.size() > kResidual && context.inputs[kResidual].data != nullptr;
  qgemm::Block block;
  block.m = pixels.size();
  block.n = columns.size();
  block.taps = rows_.taps();
  block.k = rows_.k();
  if (is_even_) {
    block.runs = even_rows_.runs(x, pixels, *operands.padding, scratch);
  } else {
    block.rows = rows_.table(x, pixels, operands.padding, scratch);
    block.row_stride = block.m;
  }
  block.b = operands.weights + group * weights_.group_bytes() +
            columns.begin / qgemm::kPanel * weights_.panel_bytes();
  block.panel_stride = weights_.panel_bytes();
  block.b_end = operands.weights + (group + 1) * weights_.group_bytes();
  block.bias = operands.bias + column;
  block.scale = context.inputs[3].as<float>() + column;
  block.requantization = requantization_;
  if (residual)
    block.residual = context.inputs[kResidual].as<int8_t>() + pixel * residual_pitch_ + column;
  block.residual_stride = residual_pitch_;
  block.c = context.outputs[0].as<int8_t>() + pixel * out_.pitch + column;
  block.c_stride = out_.pitch;
  block.scratch = scratch + table_bytes_;
  block.sums = sums_;
  kernels_->multiply(block);
  table_.apply(context, block.c, block.m, block.n, block.c_stride);
}

const char* QGemmConv::kernel() const {
  return kNames[static_cast<int>(kernels_->kind)]
               [window_.taps() == 1 ? 3 : static_cast<int>(rows_.tap())];
}

std::vector<const char*> QGemmConv::alternatives() const {
  std::vector<const char*> names;
  const int64_t channels = in_.channels / window_.groups;
  for (Tap tap : {Tap::pixel, Tap::window_row, Tap::window}) {
    const bool is_long = tap == Tap::window && window_.kernel_width * channels > kLongRow;
    const bool is_likely = tap == rows_.tap() || (channels < kManyChannels && !is_long);
    if (!can_take(tap, window_, channels, in_.channels == in_.pitch) || !is_likely) continue;
    for (qgemm::Kind kind : weights_.kinds())
      names.push_back(
          kNames[static_cast<int>(kind)][window_.taps() == 1 ? 3 : static_cast<int>(tap)]);
  }
  return names;
}

}  // namespace lite::linear
