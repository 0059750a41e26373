// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "kernels/norm/norm.h"
#include "ops/checks.h"
#include "ops/elementwise/half.h"
#include "ops/op.h"
#include "ops/reduce/axis.h"

namespace lite {
namespace {

class LayerNorm final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    if (context.inputs.empty() || context.inputs.size() > 3 || !context.present(0))
      return error(Code::k_bad_shape, "got %zu inputs, expected 1 to 3", context.inputs.size());
    const Tensor& x = context.inputs[0];
    const Tensor& y = context.outputs[0];
    if (x.dtype != DType::f64) LITE_RETURN_IF_ERROR(check_dtype("x", x.dtype, DType::f32));
    LITE_RETURN_IF_ERROR(check_dtype("the output", y.dtype, x.dtype));
    LITE_RETURN_IF_ERROR(check_elements(y, x.shape.count()));
    const int64_t axis = context.attributes->integer("axis", 1);
    LITE_RETURN_IF_ERROR(check_range("axis", axis, 0, x.shape.rank - 1));
    rows_ = {1, x.shape.count(static_cast<int>(axis), x.shape.rank),
             x.shape.count(0, static_cast<int>(axis))};
    for (size_t i = 1; i < context.inputs.size(); ++i)
      if (context.present(i)) LITE_RETURN_IF_ERROR(check_parameter(context.inputs[i], x.dtype));
    has_scale_ = context.present(1);
    has_bias_ = context.present(2);
    epsilon_ = context.attributes->real("epsilon", 1e-5f);
    kernels_ = &norm::kernels(context.isa);
    return Status();
  }

  void run(const RunContext& context) override {
    const bool plain = context.inputs[0].dtype == DType::f64;
    for_each_block(*context.team, rows_, 1, [&](int64_t, int64_t row, int64_t) {
      plain ? run_plain(context, row) : run_row(context, row);
    });
  }

 private:
  Status check_parameter(const Tensor& parameter, DType dtype) const {
    LITE_RETURN_IF_ERROR(check_dtype("a parameter", parameter.dtype, dtype));
    return check_range("a parameter's element count", parameter.shape.count(), rows_.extent,
                       rows_.extent);
  }

  void run_row(const RunContext& context, int64_t row) const {
    const int64_t count = rows_.extent;
    const float* x = context.inputs[0].as<float>() + row * count;
    const norm::Moments moments = kernels_->row_moments(x, count);
    norm::RowMap map;
    map.mean = moments.mean;
    map.rest = moments.rest;
    map.factor = 1.0f / std::sqrt(moments.variance + epsilon_);
    if (has_scale_) map.scale = context.inputs[1].as<float>();
    if (has_bias_) map.bias = context.inputs[2].as<float>();
    kernels_->map_row(x, context.outputs[0].as<float>() + row * count, count, map);
  }

  void run_plain(const RunContext& context, int64_t row) const {
    const int64_t count = rows_.extent;
    const double* x = context.inputs[0].as<double>() + row * count;
    double* y = context.outputs[0].as<double>() + row * count;
    const double* scale = has_scale_ ? context.inputs[1].as<double>() : nullptr;
    const double* bias = has_bias_ ? context.inputs[2].as<double>() : nullptr;
    double mean = 0.0, variance = 0.0;
    for (int64_t i = 0; i < count; ++i) mean += x[i] / static_cast<double>(count);
    for (int64_t i = 0; i < count; ++i)
      variance += (x[i] - mean) * (x[i] - mean) / static_cast<double>(count);
    const double factor = 1.0 / std::sqrt(variance + static_cast<double>(epsilon_));
    for (int64_t i = 0; i < count; ++i)
      y[i] = (x[i] - mean) * factor * (scale != nullptr ? scale[i] : 1.0) +
             (bias != nullptr ? bias[i] : 0.0);
  }

  AxisView rows_;  // inner: rows; extent: elements of one
  bool has_scale_ = false, has_bias_ = false;
  float epsilon_ = 0.0f;
  const norm::Kernels* kernels_ = nullptr;
};

}  // namespace
}  // namespace lite

LITE_OP(layer_norm, AlsoHalf<LayerNorm>, "axis epsilon", "f32 f16 f64", kInPlace)
