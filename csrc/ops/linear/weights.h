// SPDX-License-Identifier: Apache-2.0
// Weights in the form that kernels read. Constants that the file packed are used where they are;
// plain constants are packed once; weights that are computed are packed into scratch by every run.
#pragma once

#include <cstddef>
#include <vector>

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
  std::vector<int64_t> offsets = {0};     // one per tap

  [[nodiscard]] int64_t column(int64_t j) const {
    return period == 0 ? j * column_stride
                       : j / period * period_stride + j % period * column_stride;
  }
  [[nodiscard]] int64_t taps() const { return static_cast<int64_t>(offsets.size()); }
  [[nodiscard]] int64_t depth() const { return taps() * channels; }
  [[nodiscard]] int64_t panels() const { return (n + gemm::kPanel - 1) / gemm::kPanel; }
  [[nodiscard]] int64_t panel_count() const { return depth() * gemm::kPanel; }  // floats
  [[nodiscard]] int64_t group_count() const { return panels() * panel_count(); }
};

class PackedWeights {
 public:
  // Returns the scratch bytes that a run needs.
  [[nodiscard]] size_t prepare(const Tensor& weights, Columns columns,
                               const gemm::Kernels& kernels);
  // The packed weights of this run; packs them into scratch, on all threads, if they were computed.
  const float* pack(const Tensor& weights, std::byte* scratch, ThreadTeam& team) const;
  [[nodiscard]] const Columns& columns() const { return columns_; }

 private:
  void pack_panel(const float* weights, int64_t index, float* panels) const;

  Columns columns_;
  const gemm::Kernels* kernels_ = nullptr;
  bool computed_ = false;
  std::vector<float> packed_;
};

}  // namespace lite::linear
