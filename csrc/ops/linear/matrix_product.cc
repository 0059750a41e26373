// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/matrix_product.h"

#include <algorithm>
#include <type_traits>
#include <utility>

namespace lite::linear {

template <class T>
Status MatrixProductOf<T>::prepare(PrepareContext& context, ProductShape shape,
                                   const Activation& activation, size_t scales) {
  kernels_ = &Products<T>::kernels(context.isa);
  shape_ = std::move(shape);
  activation_ = activation;
  biased_ = scales > 2 && context.present(2);
  residual_ = scales > 3 && context.present(3);
  Columns columns;
  columns.groups = shape_.b_batch.count();
  columns.n = shape_.n;
  columns.scales_shared = true;
  columns.channels = shape_.k;
  columns.group_stride = shape_.n * shape_.k;
  columns.column_stride = shape_.transpose_b ? shape_.k : 1;
  columns.channel_stride = shape_.transpose_b ? 1 : shape_.n;
  // One matrix of constants, and rows of the other side that lie one after another.
  const bool flat =
      columns.groups == 1 && !shape_.transpose_a && shape_.a_batch.count() == shape_.batch.count();
  const bgemm::Kernels* rounded =
      flat && std::is_same_v<T, float> ? RoundedProduct::choose(context) : nullptr;
  is_rounded_ = rounded != nullptr;
  if (is_rounded_)
    return rounded_.prepare_matrix(context, *rounded, shape_.batch.count() * shape_.m,
                                   std::move(columns), activation, scales > 2);
  tasks_ = GemmTasks(shape_.m, shape_.n, 1, shape_.k, shape_.k * int64_t{sizeof(T)}, kTaskOfFloats);
  b_bytes_ =
      b_.prepare(context.inputs[1], scales_of(context, scales), std::move(columns), *kernels_);
  wanted_early_ = b_.wanted_early(context.inputs[1], shape_.m);
  thread_bytes_ = copies_bytes() + b_.task_bytes();
  context.scratch_bytes = std::max(context.scratch_bytes,
                                   b_bytes_ + thread_bytes_ * static_cast<size_t>(context.threads));
  return Status();
}

template <class T>
size_t MatrixProductOf<T>::copies_bytes() const {
  if (!shape_.transpose_a) return 0;
  return aligned_bytes(static_cast<size_t>(tasks_.greatest_rows() * shape_.k) * sizeof(T));
}

// Rows of a transposed matrix are columns in memory: they are copied.
template <class T>
const T* MatrixProductOf<T>::rows_of(const T* a, Range rows, T* copies) const {
  if (!shape_.transpose_a) return a + rows.begin * shape_.k;
  for (int64_t i = 0; i < rows.size(); ++i)
    for (int64_t k = 0; k < shape_.k; ++k)
      copies[i * shape_.k + k] = a[k * shape_.m + rows.begin + i];
  return copies;
}

template <class T>
void MatrixProductOf<T>::run(const RunContext& context) const {
  if (is_rounded_) return rounded_.run(context);
  const int64_t products = shape_.batch.count();
  if (products == 0 || tasks_.count() == 0) return;
  const std::byte* b = b_.pack(context.inputs[1], context.scratch, *context.team);
  std::byte* scratch = context.scratch + b_bytes_;
  context.team->parallel_for_with_thread(products * tasks_.count(), [&](int64_t index, int thread) {
    run_task(context, b, index, scratch + static_cast<size_t>(thread) * thread_bytes_);
  });
}

template <class T>
void MatrixProductOf<T>::run_task(const RunContext& context, const std::byte* b, int64_t index,
                                  std::byte* scratch) const {
  const int64_t product = index / tasks_.count();
  const int64_t a_matrix = shape_.a_matrix(product), b_matrix = shape_.b_matrix(product);
  const Range rows = tasks_.rows(index % tasks_.count());
  const Range columns = tasks_.columns(index % tasks_.count());
  const T* a = context.inputs[0].as<T>() + a_matrix * shape_.m * shape_.k;
  const int64_t corner = (product * shape_.m + rows.begin) * shape_.n + columns.begin;
  gemm::BlockOf<T> block;
  block.m = rows.size();
  block.n = columns.size();
  block.k = shape_.k;
  block.a = rows_of(a, rows, reinterpret_cast<T*>(scratch));
  block.a_stride = shape_.k;
  block.bias = biased_ ? context.inputs[2].as<float>() + columns.begin : nullptr;
  block.residual = residual_ ? context.inputs[3].as<T>() + corner : nullptr;
  block.residual_stride = shape_.n;
  block.c = context.outputs[0].as<T>() + corner;
  block.c_stride = shape_.n;
  block.activation = activation_;
  b_.multiply(block, b, b_matrix, columns.begin, scratch + copies_bytes());
}

template class MatrixProductOf<float>;
template class MatrixProductOf<Half>;

}  // namespace lite::linear
