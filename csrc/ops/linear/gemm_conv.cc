// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/gemm_conv.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

namespace lite::linear {
namespace {

constexpr size_t kResidual = 3;
// From so many on rows never win.
constexpr int64_t kManyChannels = 96;

constexpr char kPointName[] = "gemm_1x1", kTapsName[] = "gemm_taps", kRowsName[] = "gemm_rows",
               kPaddedName[] = "gemm_padded";
constexpr char kHalfPointName[] = "hgemm_1x1", kHalfTapsName[] = "hgemm_taps",
               kHalfRowsName[] = "hgemm_rows", kHalfPaddedName[] = "hgemm_padded";

bool is_padded(const char* kernel, const Window& window, const Image& in, const Image& out) {
  return PaddedRows::fits(window, in, out) && std::strcmp(kernel, kTapsName) != 0 &&
         std::strcmp(kernel, kRowsName) != 0;
}

Tap tap_of(const char* kernel, const Window& window, const Image& in) {
  if (!window.has_whole_rows() || std::strcmp(kernel, kTapsName) == 0) return Tap::pixel;
  return PaddedRows::has_few_channels(in) || std::strcmp(kernel, kRowsName) == 0 ? Tap::window_row
                                                                                 : Tap::pixel;
}

}  // namespace

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

template <class T>
void GemmConvOf<T>::prepare(PrepareContext& context, const Window& window,
                            const Activation& activation) {
  kernels_ = &Products<T>::kernels(context.isa);
  window_ = window;
  activation_ = activation;
  images_ = context.inputs[0].shape[0];
  in_ = image_of(context.inputs[0]);
  out_ = image_of(context.outputs[0]);
  residual_pitch_ = residual_pitch(context, kResidual);
  padded_ = is_padded(context.kernel, window, in_, out_);
  if (padded_) padded_rows_ = PaddedRows(window, in_, out_);
  rows_ = PixelRows<T>(window, in_, out_, tap_of(context.kernel, window, in_));
  tasks_ = GemmTasks(out_.height * out_.width, out_.channels / window.groups, rows_.taps(),
                     rows_.k(), rows_.fresh_bytes(), kTaskOfFloats);
  if (!padded_ && !rows_.one_to_one())  // tables point at them
    zeros_bytes_ = aligned_bytes(static_cast<size_t>(std::max<int64_t>(rows_.k(), 1)) * sizeof(T));
  weights_bytes_ = weights_.prepare(context.inputs[1], scales_of(context, kScales),
                                    columns_of(window, context.inputs[1].shape), *kernels_);
  wanted_early_ = weights_.wanted_early(context.inputs[1], out_.height * out_.width);
  rows_bytes_ = padded_ ? aligned_bytes(static_cast<size_t>(padded_rows_.elements()) * sizeof(T))
                        : rows_.bytes(tasks_.greatest_rows());
  thread_bytes_ = rows_bytes_ + weights_.task_bytes();
  context.scratch_bytes =
      std::max(context.scratch_bytes, weights_bytes_ + zeros_bytes_ +
                                          thread_bytes_ * static_cast<size_t>(context.threads));
}

template <class T>
int64_t GemmConvOf<T>::tasks_per_image() const {
  return padded_ ? padded_rows_.tasks() : window_.groups * tasks_.count();
}

// Padded rows, and integers that become floats, are multiplied in pieces that leave no room; halves
// fetch nothing.
template <class T>
size_t GemmConvOf<T>::room_to_fetch() const {
  if constexpr (std::is_same_v<T, Half>) {
    return 0;
  } else {
    if (padded_ || weights_.task_bytes() != 0) return 0;
    int64_t bytes = 0;
    for (int64_t task = 0; task < tasks_.count(); ++task)
      bytes += kernels_->room_to_fetch(tasks_.rows(task).size(), tasks_.columns(task).size(),
                                       rows_.taps() * rows_.k());
    return static_cast<size_t>(images_ * window_.groups * bytes);
  }
}

template <class T>
void GemmConvOf<T>::run(const RunContext& context) const {
  if (tasks_.count() == 0 || images_ == 0) return;
  const std::byte* weights = weights_.pack(context.inputs[1], context.scratch, *context.team);
  std::memset(context.scratch + weights_bytes_, 0, zeros_bytes_);
  context.team->parallel_for_with_thread(
      images_ * tasks_per_image(), [&](int64_t index, int thread) {
        std::byte* scratch = part_of(context, thread);
        if (!padded_) return run_task(context, weights, index, scratch);
        const int64_t image = index / padded_rows_.tasks();
        const Range rows = padded_rows_.outputs(index % padded_rows_.tasks());
        T* y = output_at(context, (image * out_.height + rows.begin) * out_.width);
        run_padded(context, weights, image, rows, y, scratch);
      });
}

// A thread's part of the scratch.
template <class T>
std::byte* GemmConvOf<T>::part_of(const RunContext& context, int thread) const {
  return context.scratch + weights_bytes_ + zeros_bytes_ +
         static_cast<size_t>(thread) * thread_bytes_;
}

template <class T>
T* GemmConvOf<T>::output_at(const RunContext& context, int64_t pixel) const {
  return context.outputs[0].as<T>() + pixel * out_.pitch;
}

// The block of some pixels, counted through all images, of which the first lies at y, but for its
// factors.
template <class T>
gemm::BlockOf<T> GemmConvOf<T>::block_at(const RunContext& context, const Range& pixels,
                                         const Range& columns, T* y) const {
  const bool biased = context.inputs.size() > 2 && context.inputs[2].data != nullptr;
  const bool residual =
      context.inputs.size() > kResidual && context.inputs[kResidual].data != nullptr;
  gemm::BlockOf<T> block;
  block.m = pixels.size();
  block.n = columns.size();
  block.taps = rows_.taps();
  block.k = rows_.k();
  block.bias = biased ? context.inputs[2].as<float>() + columns.begin : nullptr;
  if (residual)
    block.residual =
        context.inputs[kResidual].as<T>() + pixels.begin * residual_pitch_ + columns.begin;
  block.residual_stride = residual_pitch_;
  block.c = y + columns.begin;
  block.c_stride = out_.pitch;
  block.activation = activation_;
  return block;
}

template <class T>
void GemmConvOf<T>::run_task(const RunContext& context, const std::byte* weights, int64_t index,
                             std::byte* scratch) const {
  const int64_t part = index / tasks_.count();
  const int64_t image = part / window_.groups, group = part % window_.groups;
  const Range columns = tasks_.columns(index % tasks_.count());
  const Columns& layout = weights_.columns();
  const Range pixels = tasks_.rows(index % tasks_.count());
  const T* x = context.inputs[0].as<T>() + image * in_.count() + group * layout.channels;
  const T* zeros = reinterpret_cast<const T*>(context.scratch + weights_bytes_);
  const int64_t first = group * layout.n;
  const int64_t pixel = image * out_.height * out_.width + pixels.begin;
  gemm::BlockOf<T> block =
      block_at(context, {pixel, pixel + pixels.size()},
               {first + columns.begin, first + columns.end}, output_at(context, pixel));
  if (rows_.one_to_one()) {
    block.a = x + pixels.begin * in_.pitch;
    block.a_stride = in_.pitch;
  } else {
    block.rows = rows_.table(x, pixels, zeros, scratch);
    block.row_stride = block.m;
    block.zeros = zeros;
  }
  if constexpr (std::is_same_v<T, float>) fetches_.give(index, block);
  weights_.multiply(block, weights, group, columns.begin, scratch + rows_bytes_);
}

template <class T>
void GemmConvOf<T>::run_pixels(const RunContext& context, const Range& pixels, const T* x,
                               T* y) const {
  gemm::BlockOf<T> block = block_at(context, pixels, {0, out_.channels}, y);
  block.a = x;
  block.a_stride = in_.pitch;
  weights_.multiply(block, weights_.constants(context.inputs[1]), 0, 0, nullptr);
}

// The rows of a task or less, each a block.
template <class T>
void GemmConvOf<T>::run_padded(const RunContext& context, const std::byte* weights, int64_t image,
                               const Range& rows, T* y, std::byte* scratch) const {
  T* copies = reinterpret_cast<T*>(scratch);
  padded_rows_.copy(context.inputs[0].as<T>() + image * in_.count(), rows, copies);
  for (int64_t row = rows.begin; row < rows.end; ++row, y += out_.width * out_.pitch) {
    const int64_t pixel = (image * out_.height + row) * out_.width;
    gemm::BlockOf<T> block = block_at(context, {pixel, pixel + out_.width}, {0, out_.channels}, y);
    block.a = copies + (row - rows.begin) * padded_rows_.output_step();
    block.a_stride = padded_rows_.pixel_step();
    block.tap_stride = padded_rows_.window_step();
    weights_.multiply(block, weights, 0, 0, scratch + rows_bytes_);
  }
}

template <class T>
void GemmConvOf<T>::run_rows(const RunContext& context, int64_t image, const Range& rows, T* y,
                             int thread) const {
  const std::byte* weights = weights_.constants(context.inputs[1]);
  const int64_t most = padded_rows_.outputs(0).size();
  for (int64_t row = rows.begin; row < rows.end; row += most, y += most * out_.width * out_.pitch)
    run_padded(context, weights, image, {row, std::min(row + most, rows.end)}, y,
               part_of(context, thread));
}

template <class T>
bool GemmConvOf<T>::would_copy_padded_rows(const PrepareContext& context, const Window& window) {
  return is_padded(context.kernel, window, image_of(context.inputs[0]),
                   image_of(context.outputs[0]));
}

template <class T>
const char* GemmConvOf<T>::kernel() const {
  constexpr bool halves = std::is_same_v<T, Half>;
  if (window_.taps() == 1) return halves ? kHalfPointName : kPointName;
  if (padded_) return halves ? kHalfPaddedName : kPaddedName;
  if (rows_.tap() == Tap::pixel) return halves ? kHalfTapsName : kTapsName;
  return halves ? kHalfRowsName : kRowsName;
}

template <class T>
bool GemmConvOf<T>::is_kernel(const char* name) {
  return std::strcmp(name, kTapsName) == 0 || std::strcmp(name, kRowsName) == 0 ||
         std::strcmp(name, kPaddedName) == 0;
}

template <class T>
void GemmConvOf<T>::add_names(const PrepareContext& context, const Window& window,
                              std::vector<const char*>& names) {
  if (window.taps() == 1) return names.push_back(kPointName);
  names.push_back(kTapsName);
  const Image in = image_of(context.inputs[0]), out = image_of(context.outputs[0]);
  if (window.has_whole_rows() && in.channels < kManyChannels) names.push_back(kRowsName);
  if (PaddedRows::fits(window, in, out)) names.push_back(kPaddedName);
}

template class GemmConvOf<float>;
template class GemmConvOf<Half>;

}  // namespace lite::linear
