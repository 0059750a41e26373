// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include "ops/checks.h"
#include "ops/movement/rows.h"
#include "ops/movement/strided_copy.h"
#include "ops/op.h"

namespace lite {
namespace {

class Trilu final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(check_operands(context, 1, 1));
    const Tensor& x = context.inputs[0];
    const Tensor& y = context.outputs[0];
    LITE_RETURN_IF_ERROR(check_shape("the output", y.shape, x.shape));
    LITE_RETURN_IF_ERROR(check_dtype("the output", y.dtype, x.dtype));
    LITE_RETURN_IF_ERROR(check_range("the rank", x.shape.rank, 2, kMaxRank));
    height_ = x.shape[x.shape.rank - 2];
    width_ = x.shape[x.shape.rank - 1];
    upper_ = context.attributes->boolean("upper", true);
    diagonal_ = std::clamp<int64_t>(context.attributes->integer("k", 0), -height_ - 1, width_ + 1);
    element_bytes_ = static_cast<int64_t>(dtype_size_bytes(x.dtype));
    rows_ = Rows(x.shape.count(0, x.shape.rank - 1), width_ * element_bytes_);
    return Status();
  }

  void run(const RunContext& context) override {
    const std::byte* x = context.inputs[0].data;
    std::byte* y = context.outputs[0].data;
    rows_.each_tile(*context.team, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row)
        fill_row(x + row * rows_.row_bytes(), y + row * rows_.row_bytes(), row % height_);
    });
  }

 private:
  // The triangle is what lies right of the edge (upper) or left of it.
  void fill_row(const std::byte* x, std::byte* y, int64_t row) const {
    const int64_t edge = std::clamp<int64_t>(row + diagonal_ + (upper_ ? 0 : 1), 0, width_);
    const size_t left = static_cast<size_t>(edge * element_bytes_);
    const size_t right = static_cast<size_t>((width_ - edge) * element_bytes_);
    const size_t kept = upper_ ? left : 0;  // where it begins
    if (x != y) std::memcpy(y + kept, x + kept, upper_ ? right : left);
    std::memset(upper_ ? y : y + left, 0, upper_ ? left : right);
  }

  bool upper_ = true;
  int64_t diagonal_ = 0, height_ = 1, width_ = 1, element_bytes_ = 1;
  Rows rows_;
};

}  // namespace
}  // namespace lite

LITE_OP(trilu, Trilu, "upper k", kMovableDTypes, kInPlace)
