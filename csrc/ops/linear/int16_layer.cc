// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/int16_layer.h"

#include <algorithm>
#include <utility>

#include "kernels/qgemm/qgemm.h"
#include "ops/linear/gemm_conv.h"

namespace lite::linear {
namespace {

constexpr size_t kBias = 2, kScale = 3, kResidual = 4;

// A matrix [..., k] as an image of one row of pixels.
Image as_pixels(const Shape& matrix) {
  const int64_t k = matrix[matrix.rank - 1];
  return {1, matrix.count(0, matrix.rank - 1), k, k};
}

}  // namespace

void Int16Layer::prepare_convolution(PrepareContext& context, const Window& window,
                                     const Requantization& requantization) {
  images_ = context.inputs[0].shape[0];
  in_ = image_of(context.inputs[0]);
  out_ = image_of(context.outputs[0]);
  residual_pitch_ = residual_pitch(context, kResidual);
  const Shape& w = context.inputs[1].shape;
  by_channel_ = window.groups == w[0] && w[1] == 1;
  prepare(context, window, columns_of(window, w), requantization);
}

void Int16Layer::prepare_product(PrepareContext& context, const Requantization& requantization) {
  images_ = 1;
  in_ = as_pixels(context.inputs[0].shape);
  out_ = as_pixels(context.outputs[0].shape);
  residual_pitch_ = out_.pitch;
  Columns columns;
  columns.n = out_.channels;
  columns.channels = in_.channels;
  columns.column_stride = 1;
  columns.channel_stride = out_.channels;
  prepare(context, Window(), std::move(columns), requantization);
}

void Int16Layer::prepare(PrepareContext& context, const Window& window, Columns columns,
                         const Requantization& requantization) {
  kernels_ = &int16x8::kernels(context.isa);
  requantization_ = requantization;
  Window read = window;
  if (by_channel_) read.groups = 1;
  groups_ = read.groups;
  // The weights are packed by rows of the window, which single taps of whole quads do not change.
  const bool whole_rows =
      !by_channel_ && window.kernel_width > 1 && columns.channels % qgemm::kQuad != 0;
  rows_ = PixelRows<int16_t>(read, in_, out_, whole_rows ? Tap::window_row : Tap::pixel);
  tasks_ = GemmTasks(out_.height * out_.width, out_.channels / groups_, rows_.taps(), rows_.k(),
                     rows_.fresh_bytes(), kTaskOfFloats);
  weights_bytes_ = prepare_weights(context.inputs[1], window, std::move(columns));
  sums_bytes_ = sums_.prepare(context, -1);
  padding_bytes_ = aligned_bytes(static_cast<size_t>(rows_.k() + 1) * sizeof(int16_t));
  thread_bytes_ = rows_.bytes(tasks_.greatest_rows());
  context.scratch_bytes =
      std::max(context.scratch_bytes, weights_bytes_ + sums_bytes_ + padding_bytes_ +
                                          thread_bytes_ * static_cast<size_t>(context.threads));
}

size_t Int16Layer::prepare_weights(const Tensor& weights, const Window& window, Columns columns) {
  if (!by_channel_) return quads_.prepare(weights, std::move(columns), window.kernel_height);
  if (weights.packing == Packing::depthwise) return 0;
  const size_t count = static_cast<size_t>(weights.shape.count());
  if (!weights.constant) return aligned_bytes(count);
  channels_.resize(count);
  arrange_channels(weights, channels_.data());
  return 0;
}

void Int16Layer::arrange_channels(const Tensor& weights, int8_t* arranged) const {
  const int64_t channels = weights.shape[0], taps = rows_.taps();
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t tap = 0; tap < taps; ++tap)
      arranged[tap * channels + c] = weights.as<int8_t>()[c * taps + tap];
}

const int8_t* Int16Layer::weights(const RunContext& context) const {
  const Tensor& tensor = context.inputs[1];
  if (!by_channel_) return quads_.pack(tensor, context.scratch, *context.team);
  if (tensor.packing == Packing::depthwise) return tensor.as<int8_t>();
  if (!channels_.empty()) return channels_.data();
  int8_t* arranged = reinterpret_cast<int8_t*>(context.scratch);
  arrange_channels(tensor, arranged);
  return arranged;
}

void Int16Layer::run(const RunContext& context) const {
  if (tasks_.count() == 0 || images_ == 0) return;
  std::byte* sums = context.scratch + weights_bytes_;
  int16_t* padding = reinterpret_cast<int16_t*>(sums + sums_bytes_);
  std::byte* scratch = sums + sums_bytes_ + padding_bytes_;
  std::fill_n(padding, rows_.k() + 1, static_cast<int16_t>(requantization_.x_zero));
  const Operands operands = {weights(context), sums_.fold(context, sums), padding};
  context.team->parallel_for_with_thread(
      images_ * groups_ * tasks_.count(), [&](int64_t index, int thread) {
        run_task(context, operands, index, scratch + static_cast<size_t>(thread) * thread_bytes_);
      });
}

int16x8::Finish Int16Layer::finish(const RunContext& context, const Operands& operands, int64_t row,
                                   int64_t column) const {
  const bool residual = context.inputs.size() > kResidual && context.inputs[kResidual].data;
  int16x8::Finish finish;
  finish.bias = context.inputs[kBias].as<int32_t>() + column;
  finish.bias_and_weights = operands.bias_and_weights + column;
  finish.scale = context.inputs[kScale].as<float>() + column;
  finish.requantization = requantization_;
  if (residual)
    finish.residual = context.inputs[kResidual].as<int16_t>() + row * residual_pitch_ + column;
  finish.residual_stride = residual_pitch_;
  finish.y = context.outputs[0].as<int16_t>() + row * out_.pitch + column;
  finish.stride = out_.pitch;
  return finish;
}

void Int16Layer::run_task(const RunContext& context, const Operands& operands, int64_t index,
                          std::byte* scratch) const {
  const int64_t part = index / tasks_.count();
  const int64_t image = part / groups_, group = part % groups_;
  const Range pixels = tasks_.rows(index % tasks_.count());
  const Range columns = tasks_.columns(index % tasks_.count());
  const int16_t* x =
      context.inputs[0].as<int16_t>() + image * in_.count() + group * (in_.channels / groups_);
  const int64_t column = group * (out_.channels / groups_) + columns.begin;
  const int16x8::Finish finish =
      this->finish(context, operands, image * out_.height * out_.width + pixels.begin, column);
  const int16_t* const* table = rows_.table(x, pixels, operands.padding, scratch);
  if (by_channel_) {
    kernels_->convolve({pixels.size(), columns.begin, columns.end, out_.channels, rows_.taps(),
                        table, operands.weights, finish});
    return;
  }
  const int8_t* b = operands.weights + group * quads_.group_bytes() +
                    columns.begin / qgemm::kPanel * quads_.panel_bytes();
  kernels_->multiply({pixels.size(), columns.size(), rows_.taps(), rows_.k(), table, b,
                      quads_.panel_bytes(), finish});
}

}  // namespace lite::linear
