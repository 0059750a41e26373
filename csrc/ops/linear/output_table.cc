// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/output_table.h"

#include "ops/checks.h"

namespace lite::linear {
namespace {

constexpr size_t kTable = 5;
constexpr uint8_t kSigned = 0x80;

}  // namespace

Status OutputTable::prepare(const PrepareContext& context) {
  if (!context.present(kTable)) return Status();
  const Tensor& table = context.inputs[kTable];
  LITE_RETURN_IF_ERROR(check_dtype("an output with a table", context.outputs[0].dtype, DType::s8));
  LITE_RETURN_IF_ERROR(check_dtype("the table", table.dtype, DType::s8));
  LITE_RETURN_IF_ERROR(check_rank("the table", table.shape, 1));
  LITE_RETURN_IF_ERROR(check_range("the table's length", table.shape[0], 256, 256));
  kernels_ = &lookup::kernels(context.isa);
  return Status();
}

void OutputTable::apply(const RunContext& context, int8_t* y, int64_t rows, int64_t columns,
                        int64_t stride) const {
  if (kernels_ == nullptr) return;
  if (columns == stride) {
    columns *= rows;
    rows = 1;
  }
  const uint8_t* table = context.inputs[kTable].as<uint8_t>();
  for (int64_t row = 0; row < rows; ++row) {
    uint8_t* bytes = reinterpret_cast<uint8_t*>(y + row * stride);
    kernels_->bytes(bytes, table, kSigned, bytes, columns);
  }
}

}  // namespace lite::linear
