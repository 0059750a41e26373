// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "ops/checks.h"
#include "ops/movement/elements.h"
#include "ops/movement/indices.h"
#include "ops/op.h"

namespace lite {
namespace {

// Indices outside of [-depth, depth) leave all elements off.
class OneHot final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(check_operands(context, 2, 1));
    const Tensor& indices = context.inputs[0];
    const Tensor& values = context.inputs[1];
    const Tensor& y = context.outputs[0];
    LITE_RETURN_IF_ERROR(check_indices(indices));
    LITE_RETURN_IF_ERROR(check_range("the number of values", values.shape.count(), 2, 2));
    LITE_RETURN_IF_ERROR(check_dtype("the output", y.dtype, values.dtype));
    const int64_t axis = context.attributes->integer("axis", 0);
    LITE_RETURN_IF_ERROR(check_range("axis", axis, 0, indices.shape.rank));
    LITE_RETURN_IF_ERROR(check_rank("the output", y.shape, indices.shape.rank + 1));
    depth_ = y.shape[static_cast<int>(axis)];
    inner_ = indices.shape.count(static_cast<int>(axis), indices.shape.rank);
    count_ = indices.shape.count();
    element_bytes_ = dtype_size_bytes(y.dtype);
    return check_elements(y, count_ * depth_);
  }

  void run(const RunContext& context) override {
    const Indices indices(context.inputs[0]);
    const std::byte* off = context.inputs[1].data;
    const std::byte* on = off + element_bytes_;
    std::byte* y = context.outputs[0].data;
    fill_elements(y, count_ * depth_, off, element_bytes_);
    for (int64_t i = 0; i < count_; ++i) {
      const int64_t index = indices.wrapped(i, depth_);
      if (index < 0 || index >= depth_) continue;
      const int64_t place = (i / inner_ * depth_ + index) * inner_ + i % inner_;
      std::memcpy(y + place * static_cast<int64_t>(element_bytes_), on, element_bytes_);
    }
  }

 private:
  int64_t depth_ = 0, inner_ = 1, count_ = 0;
  size_t element_bytes_ = 1;
};

}  // namespace
}  // namespace lite

LITE_OP(one_hot, OneHot, "depth axis", "s32 s64", 0)
