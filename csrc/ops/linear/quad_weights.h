// SPDX-License-Identifier: Apache-2.0
// Weights of bytes in the form that qgemm reads (Packing::p16x4). Constants that the file packed
// are used where they are; plain constants are packed once; weights that are computed are packed
// into scratch by every run.
#pragma once

#include <cstddef>
#include <vector>

#include "base/isa.h"
#include "base/span.h"
#include "base/tensor.h"
#include "base/threads.h"
#include "kernels/qgemm/qgemm.h"
#include "ops/linear/tasks.h"
#include "ops/linear/weights.h"
#include "ops/op.h"

namespace lite::linear {

// The fastest kernels for such blocks with these weights, which are all there are.
[[nodiscard]] const qgemm::Kernels& kernels_for(Isa isa, const qgemm::Extents& extents,
                                                Span<const int8_t> weights);
// Likewise, of weights that may be anything.
[[nodiscard]] const qgemm::Kernels& kernels_for(Isa isa, const qgemm::Extents& extents);

[[nodiscard]] inline const TaskSize& task_of(const qgemm::Kernels& kernels) {
  if (kernels.takes_runs) return kTaskOfTiles;
  return kernels.kind == qgemm::Kind::tiled ? kTaskOfUnits : kTaskOfBytes;
}

class QuadWeights {
 public:
  // The taps of the columns come in `rows` rows, each of which is filled up to whole quads. Returns
  // the scratch bytes that a run needs.
  [[nodiscard]] size_t prepare(const Tensor& weights, Columns columns, int64_t rows);
  // As kernels_for the context's input 1, unless a name that the context asks for says whether
  // tiles multiply. Weights that are computed may be anything.
  [[nodiscard]] const qgemm::Kernels& kernels(const PrepareContext& context,
                                              const qgemm::Extents& extents);
  // Of the kernels that there are for these weights, after kernels().
  [[nodiscard]] const std::vector<qgemm::Kind>& kinds() const { return kinds_; }
  // The packed weights of this run; packs them into scratch, on all threads, if they were computed.
  const int8_t* pack(const Tensor& weights, std::byte* scratch, ThreadTeam& team) const;

  [[nodiscard]] int64_t panel_bytes() const { return qgemm::panel_bytes(rows_, row_depth()); }
  [[nodiscard]] int64_t group_bytes() const { return columns_.panels() * panel_bytes(); }

 private:
  [[nodiscard]] int64_t row_depth() const { return columns_.depth() / rows_; }
  void pack_panel(const int8_t* weights, int64_t index, int8_t* panels) const;

  Columns columns_;
  int64_t rows_ = 1;
  bool computed_ = false;
  std::vector<qgemm::Kind> kinds_;
  struct alignas(64) Line {  // as kernels read
    int8_t bytes[64];
  };
  std::vector<Line> packed_;
};

}  // namespace lite::linear
