// SPDX-License-Identifier: Apache-2.0
// Plan: a graph for fixed input shapes, ready to run: prepared ops in order, and where each value
// lies.
#pragma once

#include <memory>
#include <vector>

#include "base/arena.h"
#include "base/isa.h"
#include "base/precision.h"
#include "nb/load.h"
#include "ops/op.h"
#include "plan/shapes.h"
#include "plan/sharing.h"
#include "plan/tune_table.h"

namespace lite {

struct PlanOptions {
  Isa isa = Isa::scalar;
  ThreadTeam* team = nullptr;
  uint64_t arena_limit_bytes = 0;
  Precision precision = Precision::exact;
  const TuneTable* tuned = nullptr;  // which kernels to take; null: the usual ones
  ThreadTeam* alone = nullptr;       // of one thread, for steps that are faster so; with `tuned`
  uint64_t cache_bytes = 0;          // of the second cache; 0: each layer runs by itself
};

struct Step {
  std::unique_ptr<Op> op;
  uint32_t node = 0;  // index in the graph; of a chain, that of its last layer
  RunContext context;
};

struct MemoryReport {
  uint64_t arena_bytes = 0;        // values and scratch; inputs are the caller's memory
  uint64_t lower_bound_bytes = 0;  // no layout of the arena can be smaller
  uint64_t scratch_bytes = 0;      // greatest scratch of one step, within the arena
  uint64_t weights_bytes = 0;      // in the file, shared by all sessions
};

class Plan {
 public:
  // Fails with Code::k_bad_shape, k_unsupported_op, k_out_of_memory or what an op's prepare says.
  [[nodiscard]] static Result<std::unique_ptr<Plan>> build(std::shared_ptr<const Model> model,
                                                           Span<const Shape> input_shapes,
                                                           const PlanOptions& options);

  // Takes the arena's memory, once; after that a run allocates nothing.
  [[nodiscard]] Status allocate();
  // The bytes stay the caller's; every run reads them until the next binding.
  void bind_input(size_t input, const void* data);

  [[nodiscard]] const std::vector<Step>& steps() const { return steps_; }
  [[nodiscard]] const nb::Graph& graph() const { return model_->graph(); }
  [[nodiscard]] const Tensor& input(size_t index) const {
    return values_[graph().inputs()->Get(static_cast<uint32_t>(index))];
  }
  [[nodiscard]] const Tensor& output(size_t index) const {
    return values_[graph().outputs()->Get(static_cast<uint32_t>(index))];
  }
  // Whether an output lies in the arena; if not it is an input or a constant.
  [[nodiscard]] bool output_in_arena(size_t index) const;
  [[nodiscard]] const Tensor& value(uint32_t index) const { return values_[index]; }
  [[nodiscard]] const MemoryReport& memory() const { return report_; }
  [[nodiscard]] const std::shared_ptr<Memory>& arena() const { return arena_; }

 private:
  friend class PlanBuilder;

  void set_data(uint32_t value, std::byte* data);

  std::shared_ptr<const Model> model_;
  std::vector<Tensor> values_;  // one per value of the graph
  std::vector<Tensor>
      operands_;  // copies of values_: inputs, then outputs, of one node after another
  std::vector<std::vector<uint32_t>> operands_of_;  // per value: its places in operands_
  Sharing sharing_;
  std::vector<std::vector<uint32_t>>
      input_values_;                       // per graph input: the values that lie in its memory
  std::vector<uint64_t> offsets_;          // in the arena, per value that is a root there
  std::vector<uint64_t> scratch_offsets_;  // in the arena, per step
  std::vector<Step> steps_;
  MemoryReport report_;
  std::shared_ptr<Memory> arena_ = std::make_shared<Memory>();
};

}  // namespace lite
