// SPDX-License-Identifier: Apache-2.0
// Weights of products in halves: constant floats, rounded and packed once. They are memory that
// stays, half of the floats'.
#pragma once

#include <cstddef>
#include <vector>

#include "kernels/hgemm/hgemm.h"
#include "ops/linear/weights.h"

namespace lite::linear {

// The members are those of PackedWeights.
class HalfWeights {
 public:
  [[nodiscard]] size_t prepare(const Tensor& weights, const Tensor* scales, Columns columns,
                               const hgemm::Kernels& kernels);
  [[nodiscard]] size_t task_bytes() const;
  [[nodiscard]] Span<const std::byte> wanted_early(const Tensor&, int64_t) const { return {}; }
  const std::byte* pack(const Tensor& weights, std::byte* scratch, ThreadTeam& team) const;
  [[nodiscard]] const std::byte* constants(const Tensor& weights) const;
  void multiply(hgemm::Block& block, const std::byte* packed, int64_t group, int64_t column,
                std::byte* scratch) const;
  [[nodiscard]] const Columns& columns() const { return columns_; }

 private:
  void pack_panel(const float* weights, int64_t index);

  Columns columns_;
  const hgemm::Kernels* kernels_ = nullptr;
  std::vector<Half> packed_;
};

// What multiplies elements of a type.
template <class T>
struct Products {
  using Kernels = gemm::Kernels;
  using Weights = PackedWeights;
  static const Kernels& kernels(Isa isa) { return gemm::kernels(isa); }
  // Of BlockOf::packed.
  static int64_t packed_elements(const Kernels&, int64_t) { return 0; }
};
template <>
struct Products<Half> {
  using Kernels = hgemm::Kernels;
  using Weights = HalfWeights;
  static const Kernels& kernels(Isa isa) { return *hgemm::kernels(isa); }
  static int64_t packed_elements(const Kernels& kernels, int64_t depth) {
    return kernels.packed_elements(depth);
  }
};

}  // namespace lite::linear
