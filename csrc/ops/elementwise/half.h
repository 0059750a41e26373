// SPDX-License-Identifier: Apache-2.0
// f16 for ops that compute in f32: the operands are widened into scratch, the results narrowed.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "kernels/cast/cast.h"
#include "ops/op.h"

namespace lite {

class HalfAdapter : public Op {
 public:
  explicit HalfAdapter(std::unique_ptr<Op> op) : op_(std::move(op)) {}
  Status prepare(PrepareContext& context) override;
  void run(const RunContext& context) override;

 private:
  struct Place {
    size_t offset = 0;  // in scratch
    bool half = false;
  };
  void substitute(Span<const Tensor> tensors, std::vector<Tensor>& wide, std::vector<Place>& places,
                  size_t& bytes);

  std::unique_ptr<Op> op_;
  bool half_ = false;
  const cast::Kernels* kernels_ = nullptr;
  std::vector<Tensor> inputs_, outputs_;
  std::vector<Place> input_places_, output_places_;
};

// An op that also takes f16, named in its row: LITE_OP(exp, AlsoHalf<Exp>, "", "f32 f16", kInPlace)
template <class FloatOp>
class AlsoHalf final : public HalfAdapter {
 public:
  AlsoHalf() : HalfAdapter(std::make_unique<FloatOp>()) {}
};

}  // namespace lite
