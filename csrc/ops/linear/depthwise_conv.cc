// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/depthwise_conv.h"

#include <algorithm>
#include <cstring>

namespace lite::linear {
namespace {

constexpr size_t kBias = 2, kResidual = 3;
constexpr int64_t kSmallImagesBytes = 5 << 18;  // input and output, about the second cache
constexpr int64_t kSharedRowsBytes = 32 << 10;
constexpr int64_t kLeastChannels = 32;
constexpr int64_t kChannelStep = 16;

}  // namespace

template <class T>
void DepthwiseConvOf<T>::prepare(PrepareContext& context, const Window& window,
                                 const Activation& activation) {
  if constexpr (std::is_same_v<T, Half>) {
    kernels_ = hdepthwise::kernels(context.isa);
  } else {
    kernels_ = &depthwise::kernels(context.isa);
  }
  const Shape& x = context.inputs[0].shape;
  const Shape& y = context.outputs[0].shape;
  images_ = x[0];
  strip_.height = x[1];
  strip_.width = x[2];
  strip_.channels = x[3];
  strip_.x_pitch = context.inputs[0].row_pitch();
  strip_.y_pitch = context.outputs[0].row_pitch();
  strip_.residual_pitch = residual_pitch(context, kResidual);
  strip_.out_height = y[1];
  strip_.out_width = y[2];
  strip_.kernel_height = window.kernel_height;
  strip_.kernel_width = window.kernel_width;
  strip_.stride_height = window.stride_height;
  strip_.stride_width = window.stride_width;
  strip_.dilation_height = window.dilation_height;
  strip_.dilation_width = window.dilation_width;
  strip_.pad_top = window.pad_top;
  strip_.pad_left = window.pad_left;
  strip_.activation = activation;
  zeros_bytes_ = aligned_bytes(static_cast<size_t>(strip_.channels) * sizeof(float));
  cut();
  prepare_weights(context);
  thread_bytes_ =
      aligned_bytes(static_cast<size_t>(kernels_->pointers_needed(strip_)) * sizeof(float*));
  context.scratch_bytes =
      std::max(context.scratch_bytes, weights_bytes_ + zeros_bytes_ +
                                          thread_bytes_ * static_cast<size_t>(context.threads));
}

template <>
void DepthwiseConvOf<float>::prepare_weights(const PrepareContext& context) {
  const Tensor& weights = context.inputs[1];
  if (weights.packing != Packing::depthwise && weights.constant) {
    if (weights.dtype == DType::f32) pack_once<float>(weights);
    if (weights.dtype == DType::s8) pack_once<int8_t>(weights);
    if (weights.dtype == DType::s16) pack_once<int16_t>(weights);
  }
  if (weights.constant)
    wanted_early_ = {packed_.empty() ? weights.data : packed_.data(), weights.size_bytes()};
  if (const Tensor* scales = scales_of(context, kScales))
    for (int64_t channel = 0; channel < strip_.channels; ++channel)
      scales_.push_back(scale_at(*scales, channel));
  if (!weights.constant || weights.dtype != DType::f32)
    weights_bytes_ = aligned_bytes(static_cast<size_t>(weights.shape.count()) * sizeof(float));
}

// Constants, which are rounded; the bias comes to lie behind the weights.
template <>
void DepthwiseConvOf<Half>::prepare_weights(const PrepareContext& context) {
  const Tensor& weights = context.inputs[1];
  const int64_t count = weights.shape.count();
  if (weights.packing != Packing::depthwise) pack_once<float>(weights);
  const float* floats =
      packed_.empty() ? weights.as<float>() : reinterpret_cast<const float*>(packed_.data());
  std::vector<std::byte> rounded(static_cast<size_t>(count + strip_.channels) * sizeof(Half));
  Half* halves = reinterpret_cast<Half*>(rounded.data());
  halves = std::transform(floats, floats + count, halves, float_to_half);
  if (context.present(kBias)) {
    const float* bias = context.inputs[kBias].as<float>();
    std::transform(bias, bias + strip_.channels, halves, float_to_half);
  }
  packed_.swap(rounded);
}

// Small images are cut by channels, so that the rows which two tiles share stay in the first cache;
// large ones by rows, whose pixels are read whole as they come from farther away.
template <class T>
void DepthwiseConvOf<T>::cut() {
  const int64_t pixels = strip_.height * strip_.width + strip_.out_height * strip_.out_width;
  const int64_t element = static_cast<int64_t>(sizeof(T));
  int64_t task_channels = std::max<int64_t>(strip_.channels, 1);
  if (pixels * strip_.channels * element <= kSmallImagesBytes) {
    const int64_t shared = (strip_.kernel_height + strip_.stride_height) * strip_.width * element;
    const int64_t fitting = kSharedRowsBytes / std::max<int64_t>(shared, 1);
    task_channels = std::min(task_channels, std::max(kLeastChannels, fitting));
    const int64_t even = ceil_div(strip_.channels, ceil_div(strip_.channels, task_channels));
    task_channels = ceil_div(even, kChannelStep) * kChannelStep;
  }
  tasks_ = StripCut(strip_.out_height, strip_.out_width, strip_.channels, task_channels);
}

template <class T>
template <class W>
void DepthwiseConvOf<T>::pack_once(const Tensor& weights) {
  packed_.resize(weights.size_bytes());
  pack(weights.as<W>(), reinterpret_cast<W*>(packed_.data()));
}

template <class T>
template <class W>
void DepthwiseConvOf<T>::pack(const W* plain, W* packed) const {
  const int64_t taps = strip_.kernel_height * strip_.kernel_width;
  for (int64_t channel = 0; channel < strip_.channels; ++channel)
    for (int64_t tap = 0; tap < taps; ++tap)
      packed[tap * strip_.channels + channel] = plain[channel * taps + tap];
}

// Integers become floats in every run: the floats live in scratch, which all layers share.
template <>
const float* DepthwiseConvOf<float>::scaled(const Tensor& weights, float* floats) const {
  const int64_t taps = strip_.kernel_height * strip_.kernel_width;
  const void* packed = packed_.empty() ? weights.data : packed_.data();
  if (weights.dtype == DType::s8) {
    kernels_->expand_s8(static_cast<const int8_t*>(packed), taps, strip_.channels, scales_.data(),
                        floats);
  } else {
    kernels_->expand_s16(static_cast<const int16_t*>(packed), taps, strip_.channels, scales_.data(),
                         floats);
  }
  return floats;
}

template <>
const float* DepthwiseConvOf<float>::weights(const RunContext& context) const {
  const Tensor& tensor = context.inputs[1];
  float* packed = reinterpret_cast<float*>(context.scratch);
  if (tensor.dtype != DType::f32) return scaled(tensor, packed);
  if (tensor.packing == Packing::depthwise) return tensor.as<float>();
  if (!packed_.empty()) return reinterpret_cast<const float*>(packed_.data());
  pack(tensor.as<float>(), packed);
  return packed;
}

template <>
const Half* DepthwiseConvOf<Half>::weights(const RunContext&) const {
  return reinterpret_cast<const Half*>(packed_.data());
}

template <>
const float* DepthwiseConvOf<float>::bias(const RunContext& context) const {
  return context.inputs.size() > kBias ? context.inputs[kBias].as<float>() : nullptr;
}

template <>
const Half* DepthwiseConvOf<Half>::bias(const RunContext& context) const {
  return weights(context) + strip_.kernel_height * strip_.kernel_width * strip_.channels;
}

template <class T>
depthwise::StripOf<T> DepthwiseConvOf<T>::begin(const RunContext& context) const {
  Strip common = strip_;
  std::byte* zeros = context.scratch + weights_bytes_;
  std::memset(zeros, 0, zeros_bytes_);
  common.zeros = reinterpret_cast<const T*>(zeros);
  common.w = weights(context);
  common.bias = bias(context);
  return common;
}

template <class T>
const T** DepthwiseConvOf<T>::pointers(const RunContext& context, int thread) const {
  return reinterpret_cast<const T**>(context.scratch + weights_bytes_ + zeros_bytes_ +
                                     static_cast<size_t>(thread) * thread_bytes_);
}

// The residual of a row, counted through all images, or null.
template <class T>
const T* DepthwiseConvOf<T>::residual_at(const RunContext& context, int64_t row) const {
  if (context.inputs.size() <= kResidual || context.inputs[kResidual].data == nullptr)
    return nullptr;
  return context.inputs[kResidual].as<T>() + row * strip_.out_width * strip_.residual_pitch;
}

template <class T>
void DepthwiseConvOf<T>::run_rows(const RunContext& context, const Strip& common, int64_t image,
                                  const Range& rows, const T* x, const Range& inputs, T* y,
                                  int thread) const {
  const int64_t top = rows.begin * common.stride_height - common.pad_top;
  const int64_t first = std::clamp(top, inputs.begin, inputs.end);
  Strip strip = common;
  strip.x = x + (first - inputs.begin) * common.width * common.x_pitch;
  strip.height = inputs.end - first;
  strip.pad_top = first - top;
  strip.y = y;
  strip.out_height = strip.row_end = rows.size();
  strip.channel_end = common.channels;
  strip.residual = residual_at(context, image * common.out_height + rows.begin);
  strip.pointers = pointers(context, thread);
  kernels_->run(strip);
}

template <class T>
void DepthwiseConvOf<T>::run(const RunContext& context) const {
  const Strip common = begin(context);
  const int64_t tasks = tasks_.count();
  const int64_t in_pixels = common.height * common.width;
  const int64_t out_pixels = common.out_height * common.out_width;
  context.team->parallel_for_with_thread(images_ * tasks, [&](int64_t index, int thread) {
    const int64_t image = index / tasks;
    Strip strip = common;
    strip.x = context.inputs[0].as<T>() + image * in_pixels * strip.x_pitch;
    strip.y = context.outputs[0].as<T>() + image * out_pixels * strip.y_pitch;
    strip.residual = residual_at(context, image * common.out_height);
    const Range channels = tasks_.channels(index % tasks), rows = tasks_.rows(index % tasks);
    strip.channel_begin = channels.begin;
    strip.channel_end = channels.end;
    strip.row_begin = rows.begin;
    strip.row_end = rows.end;
    strip.pointers = pointers(context, thread);
    kernels_->run(strip);
  });
}

template class DepthwiseConvOf<float>;
template class DepthwiseConvOf<Half>;

}  // namespace lite::linear
