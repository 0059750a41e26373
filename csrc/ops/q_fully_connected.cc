// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/qgemm/qgemm.h"
#include "ops/checks.h"
#include "ops/linear/arguments.h"
#include "ops/linear/int16_layer.h"
#include "ops/linear/quad_weights.h"
#include "ops/linear/requantization.h"
#include "ops/linear/tasks.h"
#include "ops/op.h"

namespace lite {
namespace {

class QFullyConnected final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    if (context.inputs.size() < 2 || context.inputs[0].shape.rank < 1 ||
        context.inputs[1].shape.rank != 2)
      return error(Code::k_bad_shape, "expected an input [..., k] and weights [k, n]");
    const Shape& x = context.inputs[0].shape;
    const Tensor& w = context.inputs[1];
    LITE_ASSIGN_OR_RETURN(to_, linear::read_requantization(context, w.shape[1]));
    Shape expected = x;
    expected[x.rank - 1] = w.shape[1];
    if (x[x.rank - 1] != w.shape[0])
      return error(Code::k_bad_shape, "input %s and weights %s do not fit", shape_text(x).c_str(),
                   shape_text(w.shape).c_str());
    LITE_RETURN_IF_ERROR(check_shape("the output", context.outputs[0].shape, expected));
    if (w.packing != Packing::plain && w.packing != Packing::p16x4)
      return error(Code::k_corrupt_file, "the weights are packed for another op");
    halves_ = context.inputs[0].dtype == DType::s16;
    halves_ ? int16_.prepare_product(context, to_)
            : prepare_product(context, x.count(0, x.rank - 1));
    return Status();
  }

  void run(const RunContext& context) override {
    if (halves_) return int16_.run(context);
    if (tasks_.count() == 0) return;
    const int8_t* weights = weights_.pack(context.inputs[1], context.scratch, *context.team);
    std::byte* scratch = context.scratch + weights_bytes_;
    const int32_t* bias = bias_.fold(context, scratch);
    scratch += bias_bytes_;
    context.team->parallel_for_with_thread(tasks_.count(), [&](int64_t task, int thread) {
      run_task(context, weights, bias, task, scratch + static_cast<size_t>(thread) * thread_bytes_);
    });
  }

  const char* kernel() const override {
    if (halves_) return int16_.kernel();
    return qgemm::name(*kernels_);
  }

  std::vector<const char*> alternatives() const override {
    std::vector<const char*> names;
    for (qgemm::Kind kind : weights_.kinds()) names.push_back(qgemm::name(kind));
    return names;
  }

 private:
  void prepare_product(PrepareContext& context, int64_t m) {
    k_ = context.inputs[1].shape[0];
    n_ = context.inputs[1].shape[1];
    linear::Columns columns;
    columns.n = n_;
    columns.channels = k_;
    columns.column_stride = 1;
    columns.channel_stride = n_;
    weights_bytes_ = weights_.prepare(context.inputs[1], std::move(columns), 1);
    kernels_ = &weights_.kernels(context, {m, 1, k_});
    tasks_ = linear::GemmTasks(m, n_, 1, k_, k_, linear::task_of(*kernels_));
    bias_bytes_ = bias_.prepare(context, to_.x_zero + kernels_->offset);
    table_bytes_ =
        linear::aligned_bytes(static_cast<size_t>(tasks_.greatest_rows()) * sizeof(const int8_t*));
    thread_bytes_ = table_bytes_ + linear::aligned_bytes(static_cast<size_t>(qgemm::scratch_bytes(
                                       *kernels_, {tasks_.greatest_rows(), 1, k_})));
    context.scratch_bytes =
        std::max(context.scratch_bytes, weights_bytes_ + bias_bytes_ +
                                            thread_bytes_ * static_cast<size_t>(context.threads));
  }

  void run_task(const RunContext& context, const int8_t* weights, const int32_t* bias, int64_t task,
                std::byte* scratch) const {
    const int8_t** table = reinterpret_cast<const int8_t**>(scratch);
    const linear::Range rows = tasks_.rows(task), columns = tasks_.columns(task);
    for (int64_t i = 0; i < rows.size(); ++i)
      table[i] = context.inputs[0].as<int8_t>() + (rows.begin + i) * k_;
    const int64_t corner = rows.begin * n_ + columns.begin;
    const bool residual = context.inputs.size() > 4 && context.inputs[4].data != nullptr;
    qgemm::Block block;
    block.m = rows.size();
    block.n = columns.size();
    block.k = k_;
    block.rows = table;
    block.row_stride = block.m;
    block.b = weights + columns.begin / qgemm::kPanel * weights_.panel_bytes();
    block.panel_stride = weights_.panel_bytes();
    block.b_end = weights + weights_.group_bytes();
    block.bias = bias + columns.begin;
    block.scale = context.inputs[3].as<float>() + columns.begin;
    block.requantization = to_;
    block.residual = residual ? context.inputs[4].as<int8_t>() + corner : nullptr;
    block.residual_stride = n_;
    block.c = context.outputs[0].as<int8_t>() + corner;
    block.c_stride = n_;
    block.scratch = scratch + table_bytes_;
    kernels_->multiply(block);
  }

  bool halves_ = false;  // elements of 16 bits
  linear::Int16Layer int16_;
  const qgemm::Kernels* kernels_ = nullptr;
  Requantization to_;
  int64_t k_ = 0, n_ = 0;
  linear::GemmTasks tasks_;
  linear::QuadWeights weights_;
  linear::FoldedBias bias_;
  // Scratch: weights, bias, then for each thread a table of rows and what kernels need.
  size_t weights_bytes_ = 0, bias_bytes_ = 0, table_bytes_ = 0, thread_bytes_ = 0;
};

}  // namespace
}  // namespace lite

LITE_OP(q_fully_connected, QFullyConnected,
        "x_zero y_zero lo hi residual_scale residual_zero rounding", "s8 s16", 0)
