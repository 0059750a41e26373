// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/sparse_conv.h"

#include <algorithm>
#include <cstring>

#include "base/sparse.h"

namespace lite::linear {
namespace {

constexpr size_t kResidual = 3;
constexpr int64_t kWantedTasks = 8;
constexpr int64_t kTaskRows = 256;      // of pixels, at most
constexpr int64_t kChannelStep = 16;    // what the kernels finish at once
constexpr int64_t kTaskChannels = 128;  // fewer are not worth turning the pixels around again
// Of the processor's peak, by channels of a group, and that of dense products; measured in nets.
constexpr double kShares[] = {0, 0.45, 0.68, 0, 0.77};
constexpr double kDenseShare = 0.96;
// Multiplications that take as long as to turn around one number of a pixel, there or back.
constexpr double kTurning = 7;
constexpr int64_t kVectorRows = 16;
constexpr int64_t kDenseGrowth = 32;  // more zeros than that for a number that is stored never pay

int64_t pixels_of(const Tensor& images) { return images.shape.count(0, 3); }

}  // namespace

bool SparseConv::may_be_dense(const Tensor& tensor) {
  const SparseWeights weights = sparse_weights(tensor.data);
  return weights.n * weights.k <= kDenseGrowth * (weights.stored * weights.rows + weights.n);
}

bool SparseConv::choose(const PrepareContext& context, double dense_speed) {
  const Tensor& tensor = context.inputs[1];
  if (tensor.packing != Packing::sparse) return false;
  if (!may_be_dense(tensor) || std::strcmp(context.kernel, kName) == 0) return true;
  if (context.kernel[0] != '\0') return false;
  const SparseWeights weights = sparse_weights(tensor.data);
  const int64_t m = pixels_of(context.inputs[0]);
  const double computed = static_cast<double>(ceil_div(m, kVectorRows) * kVectorRows);
  const double own = static_cast<double>(weights.stored * weights.rows) / kShares[weights.rows] +
                     kTurning * static_cast<double>(weights.n + weights.k);
  const double dense = static_cast<double>(weights.n * weights.k) / kDenseShare / dense_speed;
  return computed * own < static_cast<double>(m) * dense;
}

void SparseConv::prepare(PrepareContext& context, const Activation& activation) {
  kernels_ = &sparse::kernels(context.isa);
  common_.weights = sparse_weights(context.inputs[1].data);
  common_.m = pixels_of(context.inputs[0]);
  common_.a_stride = context.inputs[0].row_pitch();
  common_.c_stride = context.outputs[0].row_pitch();
  common_.residual_stride = residual_pitch(context, kResidual);
  common_.activation = activation;
  const int64_t blocks = ceil_div(common_.m, kernels_->rows);
  // Each task turns its pixels around: their channels are cut only where threads need it.
  row_tasks_ = std::max(ceil_div(common_.m, kTaskRows), std::min(kWantedTasks, blocks));
  column_tasks_ = row_tasks_ == 0 || context.threads == 1
                      ? 1
                      : std::clamp<int64_t>(common_.weights.n / kTaskChannels, 1,
                                            ceil_div(kWantedTasks, row_tasks_));
  thread_bytes_ = aligned_bytes(static_cast<size_t>(kernels_->scratch_floats(common_.weights.k)) *
                                sizeof(float));
  context.scratch_bytes =
      std::max(context.scratch_bytes, thread_bytes_ * static_cast<size_t>(context.threads));
}

void SparseConv::run(const RunContext& context) const {
  context.team->parallel_for_with_thread(
      row_tasks_ * column_tasks_, [&](int64_t index, int thread) {
        std::byte* scratch = context.scratch + static_cast<size_t>(thread) * thread_bytes_;
        run_task(context, index, reinterpret_cast<float*>(scratch));
      });
}

// Whole blocks of pixels, and whole steps of channels.
void SparseConv::run_task(const RunContext& context, int64_t index, float* scratch) const {
  const auto given = [&](size_t input) -> const float* {
    return context.inputs.size() > input ? context.inputs[input].as<float>() : nullptr;
  };
  const int64_t blocks = ceil_div(common_.m, kernels_->rows);
  const Range rows = part(index / column_tasks_, row_tasks_, blocks);
  const int64_t step = kChannelStep / common_.weights.rows;  // in groups
  const Range columns =
      part(index % column_tasks_, column_tasks_, ceil_div(common_.weights.groups(), step));
  const int64_t first = rows.begin * kernels_->rows;
  sparse::Block block = common_;
  block.m = std::min(rows.end * kernels_->rows, common_.m) - first;
  block.a = given(0) + first * common_.a_stride;
  block.group_begin = columns.begin * step;
  block.group_end = std::min(columns.end * step, common_.weights.groups());
  block.bias = given(2);
  const float* residual = given(kResidual);
  block.residual = residual != nullptr ? residual + first * common_.residual_stride : nullptr;
  block.c = context.outputs[0].as<float>() + first * common_.c_stride;
  block.scratch = scratch;
  kernels_->multiply(block);
}

}  // namespace lite::linear
