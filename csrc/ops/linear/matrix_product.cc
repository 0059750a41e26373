// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/matrix_product.h"

#include <algorithm>
#include <utility>

namespace lite::linear {

int64_t ProductShape::source(int64_t product, const Shape& side) const {
  int64_t index = 0, stride = 1;
  for (int axis = 1; axis <= side.rank; ++axis) {
    const int64_t extent = batch[batch.rank - axis];
    if (side[side.rank - axis] != 1) index += product % extent * stride;
    stride *= side[side.rank - axis];
    product /= extent;
  }
  return index;
}

void MatrixProduct::prepare(PrepareContext& context, ProductShape shape,
                            const Activation& activation) {
  kernels_ = &gemm::kernels(context.isa);
  shape_ = std::move(shape);
  activation_ = activation;
  tasks_ = GemmTasks(shape_.m, shape_.n, 1, shape_.k, shape_.k * int64_t{sizeof(float)});
  Columns columns;
  columns.groups = shape_.b_batch.count();
  columns.n = shape_.n;
  columns.channels = shape_.k;
  columns.group_stride = shape_.n * shape_.k;
  columns.column_stride = shape_.transpose_b ? shape_.k : 1;
  columns.channel_stride = shape_.transpose_b ? 1 : shape_.n;
  b_bytes_ = b_.prepare(context.inputs[1], std::move(columns), *kernels_);
  const size_t copies =
      shape_.transpose_a ? static_cast<size_t>(tasks_.greatest_rows() * shape_.k) : 0;
  thread_bytes_ = table_bytes() + aligned_bytes(copies * sizeof(float));
  context.scratch_bytes = std::max(context.scratch_bytes,
                                   b_bytes_ + thread_bytes_ * static_cast<size_t>(context.threads));
}

size_t MatrixProduct::table_bytes() const {
  return aligned_bytes(static_cast<size_t>(tasks_.greatest_rows()) * sizeof(const float*));
}

// Rows of a transposed matrix are columns in memory: they are copied.
void MatrixProduct::point_at_rows(const float* a, Range rows, const float** table,
                                  float* copies) const {
  for (int64_t i = 0; i < rows.size(); ++i) {
    if (!shape_.transpose_a) {
      table[i] = a + (rows.begin + i) * shape_.k;
      continue;
    }
    float* copy = copies + i * shape_.k;
    for (int64_t k = 0; k < shape_.k; ++k) copy[k] = a[k * shape_.m + rows.begin + i];
    table[i] = copy;
  }
}

void MatrixProduct::run(const RunContext& context) const {
  const int64_t products = shape_.batch.count();
  if (products == 0 || tasks_.count() == 0) return;
  const float* b = b_.pack(context.inputs[1], context.scratch, *context.team);
  std::byte* scratch = context.scratch + b_bytes_;
  context.team->parallel_for_with_thread(products * tasks_.count(), [&](int64_t index, int thread) {
    run_task(context, b, index, scratch + static_cast<size_t>(thread) * thread_bytes_);
  });
}

void MatrixProduct::run_task(const RunContext& context, const float* b, int64_t index,
                             std::byte* scratch) const {
  const int64_t product = index / tasks_.count();
  const int64_t a_matrix = shape_.a_matrix(product), b_matrix = shape_.b_matrix(product);
  const Range rows = tasks_.rows(index % tasks_.count());
  const Range columns = tasks_.columns(index % tasks_.count());
  const float** table = reinterpret_cast<const float**>(scratch);
  point_at_rows(context.inputs[0].as<float>() + a_matrix * shape_.m * shape_.k, rows, table,
                reinterpret_cast<float*>(scratch + table_bytes()));
  const int64_t corner = (product * shape_.m + rows.begin) * shape_.n + columns.begin;
  const bool biased = context.inputs.size() > 2 && context.inputs[2].data != nullptr;
  const bool residual = context.inputs.size() > 3 && context.inputs[3].data != nullptr;
  gemm::Block block;
  block.m = rows.size();
  block.n = columns.size();
  block.k = shape_.k;
  block.rows = table;
  block.row_stride = block.m;
  block.b = b + b_matrix * b_.columns().group_count() +
            columns.begin / gemm::kPanel * b_.columns().panel_count();
  block.panel_stride = b_.columns().panel_count();
  block.b_end = b + (b_matrix + 1) * b_.columns().group_count();
  block.bias = biased ? context.inputs[2].as<float>() + columns.begin : nullptr;
  block.residual = residual ? context.inputs[3].as<float>() + corner : nullptr;
  block.residual_stride = shape_.n;
  block.c = context.outputs[0].as<float>() + corner;
  block.c_stride = shape_.n;
  block.activation = activation_;
  kernels_->multiply(block);
}

}  // namespace lite::linear
