// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "ops/checks.h"
#include "ops/linear/arguments.h"
#include "ops/movement/elements.h"
#include "ops/movement/indices.h"
#include "ops/movement/rows.h"
#include "ops/movement/strided_copy.h"
#include "ops/op.h"

namespace lite {
namespace {

// Row of floats from integers.
template <class T>
void scale_row(const std::byte* source, float scale, int64_t count, float* row) {
  const T* elements = reinterpret_cast<const T*>(source);
  for (int64_t i = 0; i < count; ++i) row[i] = static_cast<float>(elements[i]) * scale;
}

// Negative indices count from the end; what is still outside is clamped. With scales, one for all
// or one for each index of the axis, integers become floats on the way.
class Gather final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    scaled_ = context.present(2);
    LITE_RETURN_IF_ERROR(check_operands(context, scaled_ ? 3 : 2, 1));
    const Tensor& x = context.inputs[0];
    const Tensor& indices = context.inputs[1];
    const Tensor& y = context.outputs[0];
    const int64_t given = context.attributes->integer("axis", 0);
    LITE_RETURN_IF_ERROR(check_range("axis", given, 0, x.shape.rank - 1));
    const int axis = static_cast<int>(given);
    LITE_RETURN_IF_ERROR(check_indices(indices));
    LITE_RETURN_IF_ERROR(check_dtype("the output", y.dtype, scaled_ ? DType::f32 : x.dtype));
    if (scaled_) LITE_RETURN_IF_ERROR(check_scales(context, x.shape[axis]));
    extent_ = x.shape[axis];
    picks_ = indices.shape.count();
    const int64_t outer = x.shape.count(0, axis);
    const int64_t run = x.shape.count(axis + 1, x.shape.rank);
    LITE_RETURN_IF_ERROR(check_elements(y, outer * picks_ * run));
    if (y.shape.count() > 0) LITE_RETURN_IF_ERROR(check_range("the extent", extent_, 1, INT64_MAX));
    run_ = run;
    rows_ = Rows(outer * picks_, run * static_cast<int64_t>(dtype_size_bytes(y.dtype)));
    return Status();
  }

  void run(const RunContext& context) override {
    if (scaled_)
      return context.inputs[0].dtype == DType::s8 ? run_scaled<int8_t>(context)
                                                  : run_scaled<int16_t>(context);
    const Indices indices(context.inputs[1]);
    const std::byte* x = context.inputs[0].data;
    std::byte* y = context.outputs[0].data;
    rows_.copy(y, *context.team, [&](int64_t row) {
      const int64_t outer = row / picks_, pick = row % picks_;
      return x + (outer * extent_ + indices.within(pick, extent_)) * rows_.row_bytes();
    });
  }

 private:
  [[nodiscard]] Status check_scales(const PrepareContext& context, int64_t extent) {
    const Tensor& x = context.inputs[0];
    const Tensor& scales = context.inputs[2];
    if (x.dtype != DType::s8 && x.dtype != DType::s16)
      return error(Code::k_unsupported_op, "x is %s and has scales, expected s8 or s16",
                   dtype_name(x.dtype));
    if (scales.dtype != DType::f16)
      LITE_RETURN_IF_ERROR(check_dtype("the scale", scales.dtype, DType::f32));
    if (scales.packing != Packing::plain || x.packing != Packing::plain)
      return error(Code::k_corrupt_file, "x or its scales are packed, expected plain ones");
    single_ = scales.shape.rank == 0;
    if (single_) return Status();
    LITE_RETURN_IF_ERROR(check_rank("the scale", scales.shape, 1));
    return check_range("the number of scales", scales.shape[0], extent, extent);
  }

  template <class T>
  void run_scaled(const RunContext& context) const {
    const Indices indices(context.inputs[1]);
    const std::byte* x = context.inputs[0].data;
    const Tensor& scales = context.inputs[2];
    float* y = context.outputs[0].as<float>();
    rows_.each_tile(*context.team, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const int64_t index = indices.within(row % picks_, extent_);
        const int64_t source = (row / picks_ * extent_ + index) * run_;
        scale_row<T>(x + source * static_cast<int64_t>(sizeof(T)),
                     linear::scale_at(scales, single_ ? 0 : index), run_, y + row * run_);
      }
    });
  }

  int64_t extent_ = 0, picks_ = 0, run_ = 0;
  bool scaled_ = false, single_ = false;
  Rows rows_;
};

}  // namespace
}  // namespace lite

LITE_OP(gather, Gather, "axis", kMovableDTypes, 0)
