// SPDX-License-Identifier: Apache-2.0
// Weights in the form that kernels read. Constants that the file packed are used where they are;
// plain constants are packed once; weights that are computed are packed into scratch by every run.
// Integers with scales stay integers: a task turns a few panels at a time into floats.
#pragma once

#include <cstddef>
#include <vector>

#include "base/span.h"
#include "base/tensor.h"
#include "base/threads.h"
#include "kernels/gemm/gemm.h"

namespace lite::linear {

// Elements of a plain weight tensor as GEMM columns: (group g, column j, tap t, channel c) is at
// g * group_stride + column(j) + c * channel_stride + offsets[t].
struct Columns {
  int64_t groups = 1, n = 0, channels = 0;
  int64_t group_stride = 0, column_stride = 0, channel_stride = 0;
  int64_t period = 0, period_stride = 0;  // columns may come in periods; 0: they do not
  bool scales_shared = false;             // all groups have the scales of one
  std::vector<int64_t> offsets = {0};     // one per tap

  [[nodiscard]] int64_t column(int64_t j) const {
    return period == 0 ? j * column_stride
                       : j / period * period_stride + j % period * column_stride;
  }
  [[nodiscard]] int64_t taps() const { return static_cast<int64_t>(offsets.size()); }
  [[nodiscard]] int64_t depth() const { return taps() * channels; }
  [[nodiscard]] int64_t panels() const { return (n + gemm::kPanel - 1) / gemm::kPanel; }
  [[nodiscard]] int64_t panel_count() const { return depth() * gemm::kPanel; }  // elements
  [[nodiscard]] int64_t group_count() const { return panels() * panel_count(); }
};

class PackedWeights {
 public:
  // `scales` are those of integer weights, one for each output channel, or null. Returns the
  // scratch bytes that a run needs.
  [[nodiscard]] size_t prepare(const Tensor& weights, const Tensor* scales, Columns columns,
                               const gemm::Kernels& kernels);
  // Scratch bytes that a task needs.
  [[nodiscard]] size_t task_bytes() const;
  // The packed weights of this run; packs them into scratch, on all threads, if they were computed.
  const std::byte* pack(const Tensor& weights, std::byte* scratch, ThreadTeam& team) const;
  // The packed weights that are constants.
  [[nodiscard]] const std::byte* constants(const Tensor& weights) const {
    return weights.packing == Packing::p16 ? weights.data : packed_.data();
  }
  // Of constants, what a product with so many rows reads first, faster than it comes from memory:
  // all of them if there are few rows, else what its first tiles read.
  [[nodiscard]] Span<const std::byte> wanted_early(const Tensor& weights, int64_t m) const;
  // Multiplies by a group's columns from `column` on, a multiple of gemm::kPanel. The block is
  // whole but for what it says of B.
  void multiply(gemm::Block& block, const std::byte* packed, int64_t group, int64_t column,
                std::byte* scratch) const;
  [[nodiscard]] const Columns& columns() const { return columns_; }

 private:
  template <class T>
  void pack_panel(const T* weights, int64_t index, T* panels) const;
  template <class T>
  void pack_once(const Tensor& weights);
  void pack_sparse(const Tensor& weights);
  void copy_scales(const Tensor& scales);
  [[nodiscard]] int64_t chunk_panels() const;
  template <class T>
  void multiply_scaled(const gemm::Block& block, const T* b, const float* scales,
                       float* panels) const;

  Columns columns_;
  const gemm::Kernels* kernels_ = nullptr;
  DType dtype_ = DType::f32;
  bool computed_ = false;
  std::vector<std::byte> packed_;
  std::vector<float> scales_;  // [groups][panels][gemm::kPanel], zeros fill up
};

}  // namespace lite::linear
