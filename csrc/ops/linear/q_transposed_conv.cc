// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/q_transposed_conv.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace lite::linear {

Status QTransposedConv::prepare(PrepareContext& context, const Window& window,
                                const Requantization& requantization) {
  window_ = window;
  requantization_ = requantization;
  const Tensor& weights = context.inputs[1];
  images_ = context.inputs[0].shape[0];
  in_ = image_of(context.inputs[0].shape);
  out_ = image_of(context.outputs[0].shape);
  LITE_RETURN_IF_ERROR(phases_.prepare(window, context.inputs[0].shape, context.outputs[0].shape));
  for (const TransposedPhases::Phase& phase : phases_.all()) {
    Part part;
    part.columns = phases_.columns_of(phase, weights.shape);
    part.offset = weights_bytes_;
    weights_bytes_ +=
        part.weights.prepare(weights, part.columns, std::max<int64_t>(1, part.columns.taps()));
    part.bias.resize(static_cast<size_t>(part.columns.groups * part.columns.n));
    parts_.push_back(std::move(part));
  }
  const Span<const int8_t> elements(weights.as<int8_t>(),
                                    static_cast<size_t>(weights.shape.count()));
  const qgemm::Extents extents = {in_.width, 1, in_.channels / window.groups};
  kernels_ = weights.constant ? &kernels_for(context.isa, extents, elements)
                              : &kernels_for(context.isa, extents);
  scale_.resize(static_cast<size_t>(phases_.pixels() * out_.channels));
  folded_ = weights.constant && context.inputs[2].constant && context.inputs[3].constant;
  if (folded_) fold(weights, context.inputs[2], context.inputs[3]);
  padding_bytes_ = aligned_bytes(static_cast<size_t>(in_.channels / window.groups) + 1);
  table_bytes_ = aligned_bytes(phases_.greatest_table() * sizeof(const int8_t*));
  qgemm::Extents greatest = {0, 0, extents.k};
  for (const Part& part : parts_) greatest.taps = std::max(greatest.taps, part.columns.taps());
  for (const TransposedPhases::Phase& phase : phases_.all())
    greatest.m = std::max(greatest.m, phases_.width_of(phase));
  thread_bytes_ =
      table_bytes_ + aligned_bytes(static_cast<size_t>(qgemm::scratch_bytes(*kernels_, greatest)));
  context.scratch_bytes =
      std::max(context.scratch_bytes, weights_bytes_ + padding_bytes_ +
                                          thread_bytes_ * static_cast<size_t>(context.threads));
  return Status();
}

void QTransposedConv::fold(const Tensor& weights, const Tensor& bias, const Tensor& scale) {
  for (Part& part : parts_) fold_bias(weights.as<int8_t>(), bias.as<int32_t>(), part);
  for (int64_t pixel = 0; pixel < phases_.pixels(); ++pixel)
    std::copy_n(scale.as<float>(), out_.channels, scale_.data() + pixel * out_.channels);
}

// bias - zero * (sum of the column's weights), modulo 2^32: kernels multiply inputs as they are.
void QTransposedConv::fold_bias(const int8_t* weights, const int32_t* bias, Part& part) const {
  const Columns& columns = part.columns;
  const uint32_t zero = static_cast<uint32_t>(requantization_.x_zero + kernels_->offset);
  const int64_t channels = out_.channels / window_.groups;
  for (int64_t group = 0; group < columns.groups; ++group)
    for (int64_t j = 0; j < columns.n; ++j) {
      const int8_t* column = weights + group * columns.group_stride + columns.column(j);
      uint32_t sum = 0;
      for (int64_t offset : columns.offsets)
        for (int64_t c = 0; c < columns.channels; ++c)
          sum += static_cast<uint32_t>(column[offset + c * columns.channel_stride]);
      part.bias[static_cast<size_t>(group * columns.n + j)] = static_cast<int32_t>(
          static_cast<uint32_t>(bias[group * channels + j % channels]) - zero * sum);
    }
}

void QTransposedConv::run(const RunContext& context) {
  if (images_ == 0 || parts_.empty()) return;
  if (!folded_) fold(context.inputs[1], context.inputs[2], context.inputs[3]);
  std::memset(context.scratch + weights_bytes_, requantization_.x_zero, padding_bytes_);
  for (Part& part : parts_)
    part.packed =
        part.weights.pack(context.inputs[1], context.scratch + part.offset, *context.team);
  const int64_t lines = phases_.lines();
  std::byte* scratch = context.scratch + weights_bytes_ + padding_bytes_;
  context.team->parallel_for_with_thread(
      images_ * window_.groups * lines, [&](int64_t index, int thread) {
        const int64_t image = index / lines / window_.groups;
        run_line(context, index % lines, image, index / lines % window_.groups,
                 scratch + static_cast<size_t>(thread) * thread_bytes_);
      });
}

void QTransposedConv::run_line(const RunContext& context, int64_t line, int64_t image,
                               int64_t group, std::byte* scratch) const {
  const auto [index, row] = phases_.line(line);
  const TransposedPhases::Phase& phase = phases_.all()[index];
  const Part& part = parts_[index];
  const Columns& columns = part.columns;
  const int8_t* x = context.inputs[0].as<int8_t>() + image * in_.count() + group * columns.channels;
  const int8_t* padding = reinterpret_cast<const int8_t*>(context.scratch + weights_bytes_);
  const int8_t** table = reinterpret_cast<const int8_t**>(scratch);
  phases_.point_at_inputs(phase, row, x, padding, table);
  const int64_t column = group * columns.n;
  qgemm::Block block;
  block.m = phases_.width_of(phase);
  block.n = columns.n;
  block.taps = columns.taps();
  block.k = columns.channels;
  block.rows = table;
  block.row_stride = block.m;
  block.b = part.packed + group * part.weights.group_bytes();
  block.panel_stride = part.weights.panel_bytes();
  block.b_end = block.b + part.weights.group_bytes();
  block.bias = part.bias.data() + column;
  block.scale = scale_.data() + column;
  block.requantization = requantization_;
  block.c = context.outputs[0].as<int8_t>() + column +
            ((image * out_.height + row) * out_.width + phase.column) * out_.channels;
  block.c_stride = window_.stride_width * out_.channels;
  block.scratch = scratch + table_bytes_;
  kernels_->multiply(block);
}

const char* QTransposedConv::kernel() const { return qgemm::name(*kernels_); }

}  // namespace lite::linear
