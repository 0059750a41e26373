// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/weights.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "base/sparse.h"
#include "ops/linear/arguments.h"

namespace lite::linear {
namespace {

constexpr int64_t kDirectRows = 4;        // so few rows convert integers in registers
constexpr int64_t kChunkPanels = 3;       // a tile of the widest kernels
constexpr int64_t kChunkBytes = 1 << 20;  // of floats, to stay in the second cache

template <class T>
void pack_columns(const gemm::Kernels& kernels, const T* b, int64_t k, int64_t k_stride,
                  const int64_t* columns, int count, T* panel) {
  if constexpr (std::is_same_v<T, float>) {
    kernels.pack_panel(b, k, k_stride, columns, count, panel);
  } else {
    for (int64_t row = 0; row < k; ++row, b += k_stride, panel += gemm::kPanel)
      for (int j = 0; j < gemm::kPanel; ++j) panel[j] = j < count ? b[columns[j]] : T{0};
  }
}

}  // namespace

size_t PackedWeights::prepare(const Tensor& weights, const Tensor* scales, Columns columns,
                              const gemm::Kernels& kernels) {
  columns_ = std::move(columns);
  kernels_ = &kernels;
  dtype_ = weights.dtype;
  if (scales != nullptr) copy_scales(*scales);
  if (weights.packing == Packing::p16) return 0;
  if (weights.packing == Packing::sparse) {
    pack_sparse(weights);
    return 0;
  }
  computed_ = !weights.constant;
  if (computed_)
    return aligned_bytes(static_cast<size_t>(columns_.groups * columns_.group_count()) *
                         sizeof(float));
  if (dtype_ == DType::f32) pack_once<float>(weights);
  if (dtype_ == DType::s8) pack_once<int8_t>(weights);
  if (dtype_ == DType::s16) pack_once<int16_t>(weights);
  return 0;
}

void PackedWeights::copy_scales(const Tensor& scales) {
  const int64_t rounded = columns_.panels() * gemm::kPanel;
  const int64_t period = columns_.period == 0 ? columns_.n : columns_.period;
  scales_.assign(static_cast<size_t>(columns_.groups * rounded), 0.0f);
  for (int64_t group = 0; group < columns_.groups; ++group)
    for (int64_t j = 0; j < columns_.n; ++j)
      scales_[static_cast<size_t>(group * rounded + j)] =
          scale_at(scales, (columns_.scales_shared ? 0 : group * period) + j % period);
}

template <class T>
void PackedWeights::pack_once(const Tensor& weights) {
  packed_.resize(static_cast<size_t>(columns_.groups * columns_.group_count()) * sizeof(T));
  for (int64_t i = 0; i < columns_.groups * columns_.panels(); ++i)
    pack_panel(weights.as<T>(), i, reinterpret_cast<T*>(packed_.data()));
}

void PackedWeights::pack_sparse(const Tensor& weights) {
  const SparseWeights from = sparse_weights(weights.data);
  packed_.assign(static_cast<size_t>(columns_.group_count()) * sizeof(float), std::byte{0});
  float* panels = reinterpret_cast<float*>(packed_.data());
  for (int64_t group = 0; group < from.groups(); ++group)
    for (int64_t i = from.begins[group]; i < from.begins[group + 1]; ++i)
      for (int64_t row = 0; row < from.rows && group * from.rows + row < from.n; ++row) {
        const int64_t channel = group * from.rows + row;
        panels[channel / gemm::kPanel * columns_.panel_count() + from.columns[i] * gemm::kPanel +
               channel % gemm::kPanel] = from.values[i * from.rows + row];
      }
}

size_t PackedWeights::task_bytes() const {
  if (dtype_ == DType::f32) return 0;
  return aligned_bytes(static_cast<size_t>(chunk_panels() * columns_.panel_count()) *
                       sizeof(float));
}

// Panels that are floats at the same time.
int64_t PackedWeights::chunk_panels() const {
  const int64_t panel_bytes = columns_.panel_count() * static_cast<int64_t>(sizeof(float));
  const int64_t fitting =
      std::clamp<int64_t>(kChunkBytes / std::max<int64_t>(panel_bytes, 1), 1, kChunkPanels);
  return std::min(fitting, columns_.panels());
}

const std::byte* PackedWeights::pack(const Tensor& weights, std::byte* scratch,
                                     ThreadTeam& team) const {
  if (!computed_) return constants(weights);
  float* panels = reinterpret_cast<float*>(scratch);
  team.parallel_for(columns_.groups * columns_.panels(),
                    [&](int64_t i) { pack_panel(weights.as<float>(), i, panels); });
  return scratch;
}

Span<const std::byte> PackedWeights::wanted_early(const Tensor& weights, int64_t m) const {
  if (computed_) return {};
  const int64_t all = columns_.groups * columns_.group_count();
  const int64_t first = std::min(all, kChunkPanels * columns_.panel_count());
  return {constants(weights),
          static_cast<size_t>(m <= kDirectRows ? all : first) * dtype_size_bytes(dtype_)};
}

template <class T>
void PackedWeights::pack_panel(const T* weights, int64_t index, T* panels) const {
  const int64_t group = index / columns_.panels(), panel = index % columns_.panels();
  const int64_t first = panel * gemm::kPanel, rest = columns_.n - first;
  const int count = static_cast<int>(rest < gemm::kPanel ? rest : gemm::kPanel);
  int64_t places[gemm::kPanel];
  for (int j = 0; j < count; ++j) places[j] = columns_.column(first + j);
  const T* source = weights + group * columns_.group_stride;
  T* target = panels + index * columns_.panel_count();
  for (int64_t offset : columns_.offsets) {
    pack_columns(*kernels_, source + offset, columns_.channels, columns_.channel_stride, places,
                 count, target);
    target += columns_.channels * gemm::kPanel;
  }
}

void PackedWeights::multiply(gemm::Block& block, const std::byte* packed, int64_t group,
                             int64_t column, std::byte* scratch) const {
  const int64_t first =
      group * columns_.group_count() + column / gemm::kPanel * columns_.panel_count();
  block.panel_stride = columns_.panel_count();
  if (dtype_ == DType::f32) {
    const float* panels = reinterpret_cast<const float*>(packed);
    block.b = panels + first;
    block.b_end = panels + (group + 1) * columns_.group_count();
    return kernels_->multiply(block);
  }
  const float* scales = scales_.data() + group * columns_.panels() * gemm::kPanel + column;
  float* panels = reinterpret_cast<float*>(scratch);
  if (dtype_ == DType::s8)
    return multiply_scaled(block, reinterpret_cast<const int8_t*>(packed) + first, scales, panels);
  multiply_scaled(block, reinterpret_cast<const int16_t*>(packed) + first, scales, panels);
}

template <class T>
void PackedWeights::multiply_scaled(const gemm::Block& block, const T* b, const float* scales,
                                    float* panels) const {
  constexpr bool bytes = sizeof(T) == 1;
  if (block.m <= kDirectRows) {
    if constexpr (bytes)
      return kernels_->multiply_s8(block, b, scales);
    else
      return kernels_->multiply_s16(block, b, scales);
  }
  gemm::Block part = block;
  part.b = panels;
  const int64_t chunk = chunk_panels() * gemm::kPanel;
  for (int64_t done = 0; done < block.n; done += chunk) {
    part.n = std::min(block.n - done, chunk);
    for (int64_t column = 0; column < part.n; column += gemm::kPanel) {
      const int64_t panel = column / gemm::kPanel * block.panel_stride;
      const T* source = b + done / gemm::kPanel * block.panel_stride + panel;
      const float* factors = scales + done + column;
      if constexpr (bytes)
        kernels_->expand_s8(source, columns_.depth(), factors, panels + panel);
      else
        kernels_->expand_s16(source, columns_.depth(), factors, panels + panel);
    }
    part.bias = block.bias ? block.bias + done : nullptr;
    part.residual = block.residual ? block.residual + done : nullptr;
    part.c = block.c + done;
    kernels_->multiply(part);
  }
}

}  // namespace lite::linear
