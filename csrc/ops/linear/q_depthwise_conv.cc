// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/q_depthwise_conv.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace lite::linear {
namespace {

constexpr size_t kScale = 3, kResidual = 4;
constexpr int64_t kSmallImagesBytes = 5 << 18;  // input and output, about the second cache
constexpr int64_t kSharedRowsBytes = 32 << 10;

bool small(const Tensor& scale) {
  const float* begin = scale.as<float>();
  return std::all_of(begin, begin + scale.shape.count(),
                     [](float x) { return std::fabs(x) <= qdepthwise::kGreatestSmallScale; });
}

}  // namespace

void QDepthwiseConv::prepare(PrepareContext& context, const Window& window,
                             const Requantization& requantization, const OutputTable& table) {
  table_ = table;
  kernels_ = &qdepthwise::kernels(context.isa);
  const Shape& x = context.inputs[0].shape;
  const Shape& y = context.outputs[0].shape;
  images_ = x[0];
  layer_.height = x[1];
  layer_.width = x[2];
  layer_.channels = x[3];
  layer_.x_pitch = context.inputs[0].row_pitch();
  layer_.y_pitch = context.outputs[0].row_pitch();
  layer_.residual_pitch = residual_pitch(context, kResidual);
  layer_.out_height = y[1];
  layer_.out_width = y[2];
  layer_.kernel_height = window.kernel_height;
  layer_.kernel_width = window.kernel_width;
  layer_.stride_height = window.stride_height;
  layer_.stride_width = window.stride_width;
  layer_.dilation_height = window.dilation_height;
  layer_.dilation_width = window.dilation_width;
  layer_.pad_top = window.pad_top;
  layer_.pad_left = window.pad_left;
  layer_.residual = context.present(kResidual);
  layer_.requantization = requantization;
  const Tensor& scale = context.inputs[kScale];
  layer_.small_scales = scale.constant && small(scale);
  const Tensor& weights = context.inputs[1];
  layer_.narrow_weights =
      weights.constant &&
      greatest_magnitude({weights.as<int8_t>(), static_cast<size_t>(weights.shape.count())}) <=
          kGreatestNarrowWeight;
  cut();
  bias_bytes_ = bias_.prepare(context, requantization.x_zero);
  if (kernels_->wants_sums) layer_.sums = bias_.sums(context, requantization);
  const int64_t bytes = kernels_->arranged_bytes(layer_);
  if (scale.constant && bias_bytes_ == 0) {
    arranged_.resize(static_cast<size_t>(ceil_div(bytes, sizeof(Line))));
    const RunContext constants = {context.inputs, context.outputs, nullptr, nullptr};
    kernels_->arrange(layer_, parameters(context.inputs, bias_.fold(constants, nullptr)),
                      arranged_.data()->bytes);
  } else {
    arranged_bytes_ = aligned_bytes(static_cast<size_t>(bytes));
  }
  padding_bytes_ = aligned_bytes(static_cast<size_t>(qdepthwise::kPaddingPixels * layer_.x_pitch));
  thread_bytes_ =
      aligned_bytes(static_cast<size_t>(kernels_->pointers_needed(layer_)) * sizeof(int8_t*));
  context.scratch_bytes =
      std::max(context.scratch_bytes, arranged_bytes_ + bias_bytes_ + padding_bytes_ +
                                          thread_bytes_ * static_cast<size_t>(context.threads));
}

// Small images are cut by channels, so that the rows which two tiles share stay in the first cache;
// large ones by rows, whose pixels are read whole as they come from farther away.
void QDepthwiseConv::cut() {
  const int64_t pixels = layer_.height * layer_.width + layer_.out_height * layer_.out_width;
  int64_t task_channels = std::max<int64_t>(layer_.channels, 1);
  if (pixels * layer_.channels <= kSmallImagesBytes) {
    const int64_t shared = (layer_.kernel_height + layer_.stride_height) * layer_.width;
    const int64_t fitting = kSharedRowsBytes / std::max<int64_t>(shared, 1);
    task_channels =
        std::max(fitting / qdepthwise::kChannelStep, int64_t{1}) * qdepthwise::kChannelStep;
  }
  tasks_ = StripCut(layer_.out_height, layer_.out_width, layer_.channels, task_channels);
}

qdepthwise::Parameters QDepthwiseConv::parameters(Span<const Tensor> inputs,
                                                  const int32_t* bias) const {
  const Tensor& weights = inputs[1];
  const bool by_tap = weights.packing == Packing::depthwise;
  return {weights.as<int8_t>(), by_tap ? layer_.channels : 1, by_tap ? 1 : layer_.taps(), bias,
          inputs[kScale].as<float>()};
}

const std::byte* QDepthwiseConv::arranged(const RunContext& context) const {
  if (arranged_bytes_ == 0) return reinterpret_cast<const std::byte*>(arranged_.data());
  const int32_t* bias = bias_.fold(context, context.scratch + arranged_bytes_);
  kernels_->arrange(layer_, parameters(context.inputs, bias), context.scratch);
  return context.scratch;
}

void QDepthwiseConv::run(const RunContext& context) const {
  qdepthwise::Strip common;
  common.parameters = arranged(context);
  std::byte* padding = context.scratch + arranged_bytes_ + bias_bytes_;
  std::byte* scratch = padding + padding_bytes_;
  std::memset(padding, layer_.requantization.x_zero, padding_bytes_);
  common.padding = reinterpret_cast<const int8_t*>(padding);
  const int64_t tasks = tasks_.count();
  const int64_t in_pixels = layer_.height * layer_.width;
  const int64_t out_pixels = layer_.out_height * layer_.out_width;
  context.team->parallel_for_with_thread(images_ * tasks, [&](int64_t index, int thread) {
    const int64_t image = index / tasks;
    qdepthwise::Strip strip = common;
    strip.x = context.inputs[0].as<int8_t>() + image * in_pixels * layer_.x_pitch;
    strip.y = context.outputs[0].as<int8_t>() + image * out_pixels * layer_.y_pitch;
    if (layer_.residual)
      strip.residual =
          context.inputs[kResidual].as<int8_t>() + image * out_pixels * layer_.residual_pitch;
    const Range channels = tasks_.channels(index % tasks), rows = tasks_.rows(index % tasks);
    strip.channel_begin = channels.begin;
    strip.channel_end = channels.end;
    strip.row_begin = rows.begin;
    strip.row_end = rows.end;
    strip.pointers =
        reinterpret_cast<const int8_t**>(scratch + static_cast<size_t>(thread) * thread_bytes_);
    kernels_->run(layer_, strip);
    const int64_t first = rows.begin * layer_.out_width * layer_.y_pitch;
    table_.apply(context, strip.y + first + channels.begin, rows.size() * layer_.out_width,
                 channels.size(), layer_.y_pitch);
  });
}

const char* QDepthwiseConv::kernel() const {
  return kernels_->narrow(layer_) ? "depthwise_narrow" : "depthwise";
}

}  // namespace lite::linear
