// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "kernels/norm/norm.h"
#include "ops/checks.h"
#include "ops/elementwise/half.h"
#include "ops/op.h"
#include "ops/reduce/axis.h"

namespace lite {
namespace {

constexpr int64_t kColumns = 64;  // channels of a tile when they lie innermost

// x is [images, before, channels, behind]; statistics are over before and behind.
class InstanceNorm final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(check_operands(context, 3, 1));
    const Tensor& x = context.inputs[0];
    const Tensor& y = context.outputs[0];
    if (x.dtype != DType::f64) LITE_RETURN_IF_ERROR(check_dtype("x", x.dtype, DType::f32));
    LITE_RETURN_IF_ERROR(check_dtype("the output", y.dtype, x.dtype));
    LITE_RETURN_IF_ERROR(check_elements(y, x.shape.count()));
    const int axis = static_cast<int>(context.attributes->integer("axis", 1));
    LITE_RETURN_IF_ERROR(check_range("axis", axis, 1, x.shape.rank - 1));
    images_ = x.shape[0];
    before_ = x.shape.count(1, axis);
    channels_ = x.shape[axis];
    behind_ = x.shape.count(axis + 1, x.shape.rank);
    for (size_t i = 1; i < 3; ++i) {
      const Tensor& parameter = context.inputs[i];
      LITE_RETURN_IF_ERROR(check_dtype("a parameter", parameter.dtype, x.dtype));
      const int64_t count = parameter.shape.count();
      LITE_RETURN_IF_ERROR(check_range("a parameter's element count", count, channels_, channels_));
    }
    epsilon_ = context.attributes->real("epsilon", 1e-5f);
    kernels_ = &norm::kernels(context.isa);
    return Status();
  }

  void run(const RunContext& context) override {
    if (context.inputs[0].dtype == DType::f64)
      run_plain<double>(context);
    else if (before_ == 1)
      run_rows(context);
    else if (behind_ == 1)
      run_columns(context);
    else
      run_plain<float>(context);
  }

 private:
  float factor_of(float variance) const { return 1.0f / std::sqrt(variance + epsilon_); }

  void run_rows(const RunContext& context) const {
    const AxisView view{1, behind_, images_ * channels_};
    for_each_block(*context.team, view, 1, [&](int64_t, int64_t row, int64_t) {
      const float* x = context.inputs[0].as<float>() + row * behind_;
      const norm::Moments moments = kernels_->row_moments(x, behind_);
      const int64_t channel = row % channels_;
      norm::RowMap map;
      map.mean = moments.mean;
      map.rest = moments.rest;
      map.factor = factor_of(moments.variance) * context.inputs[1].as<float>()[channel];
      map.offset = context.inputs[2].as<float>()[channel];
      kernels_->map_row(x, context.outputs[0].as<float>() + row * behind_, behind_, map);
    });
  }

  void run_columns(const RunContext& context) const {
    const AxisView view{images_, before_, channels_};
    for_each_block(
        *context.team, view, kColumns, [&](int64_t image, int64_t first, int64_t columns) {
          const int64_t offset = image * before_ * channels_ + first;
          const float* x = context.inputs[0].as<float>() + offset;
          norm::Moments moments[kColumns];
          kernels_->column_moments(x, before_, columns, channels_, moments);
          float mean[kColumns], factor[kColumns], bias[kColumns];
          for (int64_t c = 0; c < columns; ++c) {
            mean[c] = moments[c].mean;
            factor[c] = factor_of(moments[c].variance) * context.inputs[1].as<float>()[first + c];
            bias[c] = context.inputs[2].as<float>()[first + c] - moments[c].rest * factor[c];
          }
          kernels_->map_columns(x, context.outputs[0].as<float>() + offset, before_, columns,
                                channels_, mean, factor, bias);
        });
  }

  template <class T>
  void run_plain(const RunContext& context) const {
    const AxisView view{1, before_ * behind_, images_ * channels_};
    for_each_block(*context.team, view, 1, [&](int64_t, int64_t row, int64_t) {
      const int64_t channel = row % channels_;
      const int64_t offset = (row / channels_ * before_ * channels_ + channel) * behind_;
      const T* x = context.inputs[0].as<T>() + offset;
      T* y = context.outputs[0].as<T>() + offset;
      double mean = 0.0, variance = 0.0;
      const double count = static_cast<double>(before_ * behind_);
      for_each_element([&](int64_t at) { mean += static_cast<double>(x[at]) / count; });
      for_each_element([&](int64_t at) {
        const double centred = static_cast<double>(x[at]) - mean;
        variance += centred * centred / count;
      });
      const double factor = static_cast<double>(context.inputs[1].as<T>()[channel]) /
                            std::sqrt(variance + static_cast<double>(epsilon_));
      const double bias = static_cast<double>(context.inputs[2].as<T>()[channel]);
      for_each_element([&](int64_t at) {
        y[at] = static_cast<T>((static_cast<double>(x[at]) - mean) * factor + bias);
      });
    });
  }

  // Of one channel of one image.
  template <class Body>
  void for_each_element(const Body& body) const {
    for (int64_t i = 0; i < before_; ++i)
      for (int64_t j = 0; j < behind_; ++j) body(i * channels_ * behind_ + j);
  }

  int64_t images_ = 0, before_ = 1, channels_ = 0, behind_ = 1;
  float epsilon_ = 0.0f;
  const norm::Kernels* kernels_ = nullptr;
};

}  // namespace
}  // namespace lite

LITE_OP(instance_norm, AlsoHalf<InstanceNorm>, "epsilon axis", "f32 f16 f64", kInPlace)
