// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/rounded_product.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "ops/linear/gemm_conv.h"

namespace lite::linear {
namespace {

constexpr size_t kBias = 2, kResidual = 3;
constexpr int64_t kPartFloats = 8192;  // that a thread rounds at a time

}  // namespace

const bgemm::Kernels* RoundedProduct::choose(const PrepareContext& context) {
  const Tensor& weights = context.inputs[1];
  const bool asked = context.precision == Precision::fast &&
                     (*context.kernel == '\0' || std::strncmp(context.kernel, "bgemm", 5) == 0);
  return asked && weights.constant && weights.dtype == DType::f32 ? bgemm::kernels(context.isa)
                                                                  : nullptr;
}

const bgemm::Kernels* RoundedProduct::choose(const PrepareContext& context, const Window& window) {
  return window.groups == 1 ? choose(context) : nullptr;
}

Status RoundedProduct::prepare_conv(PrepareContext& context, const bgemm::Kernels& kernels,
                                    const Window& window, const Activation& activation) {
  kernels_ = &kernels;
  images_ = context.inputs[0].shape[0];
  in_ = image_of(context.inputs[0]);
  out_ = image_of(context.outputs[0]);
  residual_pitch_ = residual_pitch(context, kResidual);
  return prepare(context, window, columns_of(window, context.inputs[1].shape), activation);
}

Status RoundedProduct::prepare_matrix(PrepareContext& context, const bgemm::Kernels& kernels,
                                      int64_t m, Columns columns, const Activation& activation,
                                      bool added_to) {
  kernels_ = &kernels;
  added_to_ = added_to;
  images_ = 1;
  in_ = {1, m, columns.channels, columns.channels};
  out_ = {1, m, columns.n, columns.n};
  residual_pitch_ = out_.pitch;
  return prepare(context, Window(), std::move(columns), activation);
}

Status RoundedProduct::prepare(PrepareContext& context, const Window& window, Columns columns,
                               const Activation& activation) {
  activation_ = activation;
  packing_ = &gemm::kernels(context.isa);
  image_ = RoundedImage(*kernels_, window, in_, out_);
  const int64_t fresh_bytes = image_.channels() * static_cast<int64_t>(sizeof(bgemm::Bf16)) *
                              std::min(window.kernel_height, window.stride_height) *
                              std::min(window.kernel_width, window.stride_width);
  tasks_ = RoundedTasks(out_.height * out_.width, out_.channels, image_.taps() * image_.k(),
                        fresh_bytes);
  by_task_ = image_.one_to_one() && tasks_.column_blocks() == 1;
  LITE_RETURN_IF_ERROR(round_weights(context.inputs[1], std::move(columns)));
  const int64_t rows = tasks_.greatest_rows();
  table_bytes_ = aligned_bytes(static_cast<size_t>(rows) * sizeof(const bgemm::Bf16*));
  thread_bytes_ = table_bytes_ + (by_task_ ? image_.bytes(rows) : 0);
  image_bytes_ = by_task_ ? 0 : image_.bytes(image_.pixels());
  context.scratch_bytes = std::max(
      context.scratch_bytes, image_bytes_ + thread_bytes_ * static_cast<size_t>(context.threads));
  return Status();
}

// Panels of floats, their channels filled up with zeros, become panels of bf16.
Status RoundedProduct::round_weights(const Tensor& weights, Columns columns) {
  const int64_t taps = columns.taps(), panels = columns.panels();
  const int64_t channel_floats = columns.channels * gemm::kPanel;
  const int64_t filled_floats = image_.channels() * gemm::kPanel;
  panel_ = image_.taps() * image_.k() * bgemm::kPanel;
  PackedWeights packed;
  (void)packed.prepare(weights, nullptr, std::move(columns), *packing_);
  const float* source = reinterpret_cast<const float*>(packed.constants(weights));
  LITE_RETURN_IF_ERROR(
      weights_.allocate(static_cast<size_t>(panels * panel_) * sizeof(bgemm::Bf16)));
  bgemm::Bf16* target = reinterpret_cast<bgemm::Bf16*>(weights_.data());
  std::vector<float> filled(static_cast<size_t>(panel_));
  for (int64_t panel = 0; panel < panels; ++panel, target += panel_) {
    for (int64_t tap = 0; tap < taps; ++tap, source += channel_floats)
      std::copy_n(source, channel_floats, filled.data() + tap * filled_floats);
    kernels_->pack_panel(filled.data(), image_.taps() * image_.k(), target);
  }
  return Status();
}

void RoundedProduct::run(const RunContext& context) const {
  if (tasks_.count() == 0) return;
  const auto given = [&](size_t input) {
    const bool present = added_to_ && context.inputs.size() > input;
    return present ? context.inputs[input].as<float>() : nullptr;
  };
  Operands operands = {context.inputs[0].as<float>(), given(kBias), given(kResidual),
                       context.outputs[0].as<float>()};
  for (int64_t image = 0; image < images_; ++image) {
    run_image(context, operands);
    operands.x += in_.count();
    operands.y += out_.count();
    if (operands.residual != nullptr)
      operands.residual += out_.height * out_.width * residual_pitch_;
  }
}

void RoundedProduct::run_image(const RunContext& context, const Operands& operands) const {
  auto* image = reinterpret_cast<bgemm::Bf16*>(context.scratch);
  if (!by_task_) {
    const int64_t pixels = image_.pixels();
    const int64_t parts = ceil_div(pixels * image_.channels(), kPartFloats);
    context.team->parallel_for(parts, [&](int64_t part) {
      const Range range = {pixels * part / parts, pixels * (part + 1) / parts};
      image_.round(operands.x, range, image + range.begin * image_.channels());
    });
  }
  std::byte* scratch = context.scratch + image_bytes_;
  context.team->parallel_for_with_thread(tasks_.count(), [&](int64_t task, int thread) {
    run_task(operands, task, image, scratch + static_cast<size_t>(thread) * thread_bytes_);
  });
}

void RoundedProduct::run_task(const Operands& operands, int64_t task, const bgemm::Bf16* image,
                              std::byte* scratch) const {
  const Range pixels = tasks_.rows(task), columns = tasks_.columns(task);
  const auto** rows = reinterpret_cast<const bgemm::Bf16**>(scratch);
  if (by_task_) {
    auto* own = reinterpret_cast<bgemm::Bf16*>(scratch + table_bytes_);
    image_.round(operands.x, pixels, own);
    for (int64_t i = 0; i < pixels.size(); ++i) rows[i] = own + i * image_.channels();
  } else {
    image_.point_at_rows(image, pixels, rows);
  }
  bgemm::Block block;
  image_.describe(block);
  block.m = pixels.size();
  block.n = columns.size();
  block.rows = rows;
  block.b = reinterpret_cast<const bgemm::Bf16*>(weights_.data()) +
            columns.begin / bgemm::kPanel * panel_;
  block.panel_stride = panel_;
  block.bias = operands.bias ? operands.bias + columns.begin : nullptr;
  if (operands.residual != nullptr)
    block.residual = operands.residual + pixels.begin * residual_pitch_ + columns.begin;
  block.residual_stride = residual_pitch_;
  block.c = operands.y + pixels.begin * out_.pitch + columns.begin;
  block.c_stride = out_.pitch;
  block.activation = activation_;
  kernels_->multiply(block);
}

const char* RoundedProduct::kernel() const {
  if (image_.one_to_one()) return "bgemm_1x1";
  return image_.whole_rows() ? "bgemm_rows" : "bgemm_taps";
}

}  // namespace lite::linear
