// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "ops/checks.h"
#include "ops/elementwise/broadcast.h"
#include "ops/elementwise/tiles.h"
#include "ops/op.h"

namespace lite {
namespace {

struct Row {
  const bool* condition;
  const void* a;
  const void* b;
  void* y;
  int64_t columns;
  Strides steps;
};

template <class T>  // an unsigned integer as wide as the elements: they are only moved
void select(const Row& row) {
  const T* a = static_cast<const T*>(row.a);
  const T* b = static_cast<const T*>(row.b);
  T* y = static_cast<T*>(row.y);
  for (int64_t i = 0; i < row.columns;
       ++i) {  // masks: a branch would be guessed wrong half the time
    const T mask = static_cast<T>(T(0) - static_cast<T>(row.condition[i * row.steps[0]]));
    y[i] = static_cast<T>((a[i * row.steps[1]] & mask) |
                          (b[i * row.steps[2]] & static_cast<T>(~mask)));
  }
}

class Where final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(check_operands(context, 3, 1));
    const Span<const Tensor> in = context.inputs;
    const Tensor& y = context.outputs[0];
    LITE_RETURN_IF_ERROR(check_dtype("the condition", in[0].dtype, DType::boolean));
    LITE_RETURN_IF_ERROR(check_dtype("b", in[2].dtype, in[1].dtype));
    LITE_RETURN_IF_ERROR(check_dtype("the output", y.dtype, in[1].dtype));
    const Shape shapes[] = {in[0].shape, in[1].shape, in[2].shape};
    LITE_RETURN_IF_ERROR(broadcast_.prepare(y.shape, shapes));
    bytes_ = static_cast<int64_t>(dtype_size_bytes(y.dtype));
    select_ = bytes_ == 1   ? select<uint8_t>
              : bytes_ == 2 ? select<uint16_t>
              : bytes_ == 4 ? select<uint32_t>
                            : select<uint64_t>;
    return Status();
  }

  void run(const RunContext& context) override {
    const Broadcast& plan = broadcast_;
    const int64_t all_rows = plan.blocks() * plan.rows();
    const int64_t rows_per_tile =
        std::max<int64_t>(1, kTileElements / std::max<int64_t>(1, plan.columns()));
    context.team->parallel_for((all_rows + rows_per_tile - 1) / rows_per_tile, [&](int64_t tile) {
      const int64_t begin = tile * rows_per_tile;
      for (int64_t row = begin; row < std::min(all_rows, begin + rows_per_tile); ++row)
        run_row(context, row);
    });
  }

 private:
  void run_row(const RunContext& context, int64_t row) const {
    const Strides& strides = broadcast_.row_strides();
    const int64_t index = row % broadcast_.rows();
    Strides at = broadcast_.block_offsets(row / broadcast_.rows());
    for (int i = 0; i < kMaxOperands; ++i) at[i] += index * strides[i];
    select_({context.inputs[0].as<const bool>() + at[0],
             context.inputs[1].as<const char>() + at[1] * bytes_,
             context.inputs[2].as<const char>() + at[2] * bytes_,
             context.outputs[0].as<char>() + row * broadcast_.columns() * bytes_,
             broadcast_.columns(), broadcast_.column_steps()});
  }

  Broadcast broadcast_;
  void (*select_)(const Row&) = nullptr;
  int64_t bytes_ = 0;  // of an element
};

}  // namespace
}  // namespace lite

LITE_OP(where, Where, "", "bool", 0)
