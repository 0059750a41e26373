// SPDX-License-Identifier: Apache-2.0
// f16 for ops that compute in f32: the operands are widened into scratch, the results narrowed. And
// f32 for ops that compute in f16, the other way round.
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
  // The operands of one type, f16 or f32, pass through scratch, but constants do not.
  HalfAdapter(std::unique_ptr<Op> op, DType converted)
      : op_(std::move(op)), converted_(converted), constants_(false) {}
  Status prepare(PrepareContext& context) override;
  void run(const RunContext& context) override;
  const char* kernel() const override { return op_->kernel(); }

 private:
  struct Place {
    size_t offset = 0;  // in scratch
    bool converted = false;
  };
  void substitute(Span<const Tensor> tensors, Span<const bool> given, std::vector<Tensor>& own,
                  std::vector<Place>& places, size_t& bytes);

  std::unique_ptr<Op> op_;
  DType converted_ = DType::f16;
  bool constants_ = true;
  bool converts_ = false;
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
