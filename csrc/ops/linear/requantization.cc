// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/requantization.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>

#include "ops/checks.h"
#include "ops/linear/arguments.h"
#include "ops/quantized/parameters.h"

namespace lite::linear {
namespace {

constexpr size_t kBias = 2, kScale = 3, kResidual = 4, kTable = 5;

struct Limits {
  int64_t lowest, highest;
};

Limits limits_of(DType dtype) {
  if (dtype == DType::s16) return {INT16_MIN, INT16_MAX};
  return {INT8_MIN, INT8_MAX};
}

Status check_vector(const char* what, const Tensor& tensor, DType dtype, int64_t channels) {
  LITE_RETURN_IF_ERROR(check_dtype(what, tensor.dtype, dtype));
  Shape expected;
  expected.rank = 1;
  expected[0] = channels;
  return check_shape(what, tensor.shape, expected);
}

Status check_layer(const PrepareContext& context, int64_t channels, bool tabled) {
  const size_t count = context.inputs.size(), most = tabled ? kTable + 1 : kResidual + 1;
  bool all = count >= kResidual && count <= most && context.outputs.size() == 1;
  for (size_t i = 0; all && i < kResidual; ++i) all = context.present(i);
  if (!all)
    return error(Code::k_unsupported_op, "got %zu inputs and %zu outputs, expected 4 to %zu and 1",
                 count, context.outputs.size(), most);
  const DType dtype = context.inputs[0].dtype;
  if (dtype != DType::s8 && dtype != DType::s16)
    return error(Code::k_unsupported_op, "the input is %s, expected s8 or s16", dtype_name(dtype));
  LITE_RETURN_IF_ERROR(check_dtype("the output", context.outputs[0].dtype, dtype));
  LITE_RETURN_IF_ERROR(check_dtype("the weights", context.inputs[1].dtype, DType::s8));
  LITE_RETURN_IF_ERROR(check_vector("the bias", context.inputs[kBias], DType::s32, channels));
  LITE_RETURN_IF_ERROR(check_vector("the scale", context.inputs[kScale], DType::f32, channels));
  LITE_RETURN_IF_ERROR(quantized::check_multipliers("the scale", context.inputs[kScale]));
  if (!context.present(kResidual)) return Status();
  LITE_RETURN_IF_ERROR(check_dtype("the residual", context.inputs[kResidual].dtype, dtype));
  return check_shape("the residual", context.inputs[kResidual].shape, context.outputs[0].shape);
}

Status read(const Attributes& attributes, const char* name, int64_t fallback, Limits limits,
            int32_t* value) {
  const int64_t found = attributes.integer(name, fallback);
  LITE_RETURN_IF_ERROR(check_range(name, found, limits.lowest, limits.highest));
  *value = static_cast<int32_t>(found);
  return Status();
}

// Adds up of(w) over the weights of each output channel, modulo 2^32.
template <class Of>
void add_plain(const Tensor& weights, Of of, uint32_t* sums) {
  const Shape& shape = weights.shape;
  const int8_t* w = weights.as<int8_t>();
  const bool matrix = shape.rank == 2;  // [k, n]
  const int64_t channels = shape[matrix ? 1 : 0];
  const int64_t depth = matrix ? shape[0] : shape.count(1, shape.rank);
  for (int64_t i = 0; i < channels * depth; ++i)
    sums[matrix ? i % channels : i / depth] += static_cast<uint32_t>(of(w[i]));
}

template <class Of>
void add_depthwise(const Tensor& weights, Of of, uint32_t* sums) {
  const int64_t channels = weights.shape[0], taps = weights.shape.count(1, weights.shape.rank);
  const int8_t* w = weights.as<int8_t>();
  for (int64_t i = 0; i < taps * channels; ++i)
    sums[i % channels] += static_cast<uint32_t>(of(w[i]));
}

template <class Of>
void add_quads(const Tensor& weights, int64_t groups, Of of, uint32_t* sums) {
  constexpr int64_t panel = 16, quad = 4;
  const Shape& shape = weights.shape;
  const bool matrix = shape.rank == 2;  // [k, n]
  const int64_t n = shape[matrix ? 1 : 0] / groups;
  const int64_t quads =
      matrix ? ceil_div(shape[0], quad) : shape[2] * ceil_div(shape[1] * shape[3], quad);
  const int8_t* w = weights.as<int8_t>();
  for (int64_t group = 0; group < groups; ++group, sums += n)
    for (int64_t first = 0; first < n; first += panel) {
      uint32_t totals[panel] = {};
      for (int64_t i = 0; i < quads; ++i, w += panel * quad)
        for (int64_t j = 0; j < panel; ++j)
          totals[j] += static_cast<uint32_t>(of(w[j * quad]) + of(w[j * quad + 1]) +
                                             of(w[j * quad + 2]) + of(w[j * quad + 3]));
      for (int64_t j = 0; j < std::min(panel, n - first); ++j)
        sums[first + j] += static_cast<uint32_t>(totals[j]);
    }
}

}  // namespace

Result<Requantization> read_requantization(const PrepareContext& context, int64_t channels,
                                           bool tabled) {
  LITE_RETURN_IF_ERROR(check_layer(context, channels, tabled));
  const Attributes& attributes = *context.attributes;
  const Limits limits = limits_of(context.inputs[0].dtype);
  Requantization result;
  LITE_RETURN_IF_ERROR(read(attributes, "x_zero", 0, limits, &result.x_zero));
  LITE_RETURN_IF_ERROR(read(attributes, "y_zero", 0, limits, &result.y_zero));
  LITE_RETURN_IF_ERROR(read(attributes, "lo", -128, limits, &result.lo));
  LITE_RETURN_IF_ERROR(read(attributes, "hi", 127, {result.lo, limits.highest}, &result.hi));
  LITE_RETURN_IF_ERROR(read(attributes, "residual_zero", 0, limits, &result.residual_zero));
  const std::string rounding = attributes.text("rounding", "even");
  if (rounding != "even" && rounding != "twice")
    return error(Code::k_unsupported_op, "rounding is %s, expected even or twice",
                 rounding.c_str());
  result.twice = rounding == "twice";
  if (result.twice && (context.present(kResidual) || context.inputs[0].dtype != DType::s8))
    return error(Code::k_unsupported_op, "only sums of s8 without a residual are rounded twice");
  if (!context.present(kResidual)) return result;
  LITE_ASSIGN_OR_RETURN(result.residual_scale, quantized::read_scale(attributes, "residual_scale"));
  return result;
}

int32_t greatest_magnitude(Span<const int8_t> weights) {
  int32_t greatest = 0;
  for (int8_t w : weights) greatest = std::max(greatest, std::abs(int32_t{w}));
  return greatest;
}

size_t FoldedBias::prepare(const PrepareContext& context, int32_t zero) {
  zero_ = zero;
  groups_ = context.attributes->integer("groups", 1);
  channels_ = context.inputs[kBias].shape[0];
  const Tensor& weights = context.inputs[1];
  const Tensor& bias = context.inputs[kBias];
  if (!weights.constant || !bias.constant)
    return aligned_bytes(static_cast<size_t>(channels_) * sizeof(int32_t));
  folded_.resize(static_cast<size_t>(channels_));
  fold(weights, bias.as<int32_t>(), folded_.data());
  return 0;
}

const int32_t* FoldedBias::fold(const RunContext& context, std::byte* scratch) const {
  if (!folded_.empty() || channels_ == 0) return folded_.data();
  int32_t* folded = reinterpret_cast<int32_t*>(scratch);
  fold(context.inputs[1], context.inputs[kBias].as<int32_t>(), folded);
  return folded;
}

template <class Of>
void FoldedBias::add_up(const Tensor& weights, Of of, uint32_t* sums) const {
  if (weights.packing == Packing::p16x4) return add_quads(weights, groups_, of, sums);
  weights.packing == Packing::depthwise ? add_depthwise(weights, of, sums)
                                        : add_plain(weights, of, sums);
}

void FoldedBias::fold(const Tensor& weights, const int32_t* bias, int32_t* folded) const {
  uint32_t* sums = reinterpret_cast<uint32_t*>(folded);
  std::fill_n(sums, channels_, 0u);
  add_up(weights, [](int8_t w) { return int{w}; }, sums);
  for (int64_t c = 0; c < channels_; ++c)
    sums[c] = static_cast<uint32_t>(bias[c]) - static_cast<uint32_t>(zero_) * sums[c];
}

Sums FoldedBias::sums(const PrepareContext& context, const Requantization& to) const {
  const Tensor& scale = context.inputs[kScale];
  if (folded_.empty() || !scale.constant) return Sums::any;
  std::vector<uint32_t> magnitudes(static_cast<size_t>(channels_));
  add_up(context.inputs[1], [](int8_t w) { return std::abs(int{w}); }, magnitudes.data());
  const float residual = std::abs(to.residual_scale) * UINT8_MAX;
  Sums known = Sums::small;
  for (size_t c = 0; c < magnitudes.size(); ++c) {
    const int64_t greatest = std::abs(int64_t{folded_[c]}) - INT8_MIN * int64_t{magnitudes[c]};
    const float steps = static_cast<float>(greatest) * std::abs(scale.as<float>()[c]) + residual;
    if (!(steps <= kGreatestSmallSteps)) return Sums::any;
    if (greatest > kGreatestSmallSum) known = Sums::small_steps;
  }
  return known;
}

}  // namespace lite::linear
