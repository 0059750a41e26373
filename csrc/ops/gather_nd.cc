// SPDX-License-Identifier: Apache-2.0
#include "ops/checks.h"
#include "ops/movement/indices.h"
#include "ops/movement/rows.h"
#include "ops/movement/strided_copy.h"
#include "ops/op.h"

namespace lite {
namespace {

// Negative indices count from the end; what is still outside is clamped.
class GatherNd final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(check_operands(context, 2, 1));
    const Tensor& x = context.inputs[0];
    const Tensor& y = context.outputs[0];
    const int64_t batch = context.attributes->integer("batch_dims", 0);
    LITE_RETURN_IF_ERROR(check_range("batch_dims", batch, 0, kMaxRank));
    LITE_RETURN_IF_ERROR(places_.prepare(x, context.inputs[1], static_cast<int>(batch)));
    LITE_RETURN_IF_ERROR(check_dtype("the output", y.dtype, x.dtype));
    element_bytes_ = static_cast<int64_t>(dtype_size_bytes(x.dtype));
    rows_ = Rows(places_.count(), places_.run() * element_bytes_);
    return check_elements(y, places_.count() * places_.run());
  }

  void run(const RunContext& context) override {
    const Indices indices(context.inputs[1]);
    const std::byte* x = context.inputs[0].data;
    rows_.copy(context.outputs[0].data, *context.team,
               [&](int64_t row) { return x + places_.at(indices, row) * element_bytes_; });
  }

 private:
  RunPlaces places_;
  Rows rows_;
  int64_t element_bytes_ = 1;
};

}  // namespace
}  // namespace lite

LITE_OP(gather_nd, GatherNd, "batch_dims", kMovableDTypes, 0)
