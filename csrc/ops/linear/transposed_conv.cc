// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/transposed_conv.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace lite::linear {

Status TransposedConv::prepare(PrepareContext& context, const Window& window,
                               const Activation& activation) {
  kernels_ = &gemm::kernels(context.isa);
  window_ = window;
  activation_ = activation;
  const Tensor& weights = context.inputs[1];
  images_ = context.inputs[0].shape[0];
  in_ = image_of(context.inputs[0].shape);
  out_ = image_of(context.outputs[0].shape);
  LITE_RETURN_IF_ERROR(phases_.prepare(window, context.inputs[0].shape, context.outputs[0].shape));
  size_t task_bytes = 0;
  for (const TransposedPhases::Phase& phase : phases_.all()) {
    Part part;
    part.offset = weights_bytes_;
    weights_bytes_ += part.weights.prepare(weights, scales_of(context, kTransposedScales),
                                           phases_.columns_of(phase, weights.shape), *kernels_);
    task_bytes = std::max(task_bytes, part.weights.task_bytes());
    parts_.push_back(std::move(part));
  }
  zeros_bytes_ = aligned_bytes(static_cast<size_t>(in_.channels / window.groups) * sizeof(float));
  if (phases_.pixels() > 1 && context.present(2))
    bias_bytes_ =
        aligned_bytes(static_cast<size_t>(phases_.pixels() * out_.channels) * sizeof(float));
  table_bytes_ = aligned_bytes(phases_.greatest_table() * sizeof(const float*));
  thread_bytes_ = table_bytes_ + task_bytes;
  context.scratch_bytes =
      std::max(context.scratch_bytes, weights_bytes_ + zeros_bytes_ + bias_bytes_ +
                                          thread_bytes_ * static_cast<size_t>(context.threads));
  return Status();
}

void TransposedConv::run_line(const RunContext& context, const float* bias, int64_t line,
                              int64_t image, int64_t group, std::byte* scratch) const {
  const auto [index, row] = phases_.line(line);
  const TransposedPhases::Phase& phase = phases_.all()[index];
  const Part& part = parts_[index];
  const Columns& columns = part.weights.columns();
  const float* x = context.inputs[0].as<float>() + image * in_.count() + group * columns.channels;
  const float* zeros = reinterpret_cast<const float*>(context.scratch + weights_bytes_);
  const float** table = reinterpret_cast<const float**>(scratch);
  const int64_t column = group * columns.n;
  phases_.point_at_inputs(phase, row, x, zeros, table);
  gemm::Block block;
  block.m = phases_.width_of(phase);
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
  part.weights.multiply(block, part.packed, group, 0, scratch + table_bytes_);
}

// The bias once for each of the pixels that a row of a GEMM makes.
const float* TransposedConv::repeated_bias(const RunContext& context) const {
  const float* bias = context.inputs.size() > 2 ? context.inputs[2].as<float>() : nullptr;
  if (bias == nullptr || phases_.pixels() == 1) return bias;
  float* repeated = reinterpret_cast<float*>(context.scratch + weights_bytes_ + zeros_bytes_);
  for (int64_t pixel = 0; pixel < phases_.pixels(); ++pixel)
    std::copy_n(bias, out_.channels, repeated + pixel * out_.channels);
  return repeated;
}

void TransposedConv::run(const RunContext& context) {
  if (images_ == 0 || parts_.empty()) return;
  std::memset(context.scratch + weights_bytes_, 0, zeros_bytes_);
  for (Part& part : parts_)
    part.packed =
        part.weights.pack(context.inputs[1], context.scratch + part.offset, *context.team);
  const float* bias = repeated_bias(context);
  const int64_t lines = phases_.lines();
  std::byte* scratch = context.scratch + weights_bytes_ + zeros_bytes_ + bias_bytes_;
  context.team->parallel_for_with_thread(images_ * window_.groups * lines, [&](int64_t index,
                                                                               int thread) {
    const int64_t image = index / lines / window_.groups, group = index / lines % window_.groups;
    run_line(context, bias, index % lines, image, group,
             scratch + static_cast<size_t>(thread) * thread_bytes_);
  });
}

}  // namespace lite::linear
