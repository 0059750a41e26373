// SPDX-License-Identifier: Apache-2.0
// What is known of a layer's sums before it runs: FoldedBias::sums, around its limits.
#include "ops/linear/requantization.h"

#include <vector>

#include "check.h"

namespace {

using lite::Sums;

// Those of a layer that says nothing about itself.
class NoAttributes final : public lite::Attributes {
 public:
  int64_t integer(const char*, int64_t fallback) const override { return fallback; }
  float real(const char*, float fallback) const override { return fallback; }
  bool boolean(const char*, bool fallback) const override { return fallback; }
  const char* text(const char*, const char* fallback) const override { return fallback; }
  lite::Span<const int64_t> integers(const char*) const override { return {}; }
  lite::Span<const float> reals(const char*) const override { return {}; }
};

// A 1 x 1 convolution of two input and two output channels.
struct Layer {
  std::vector<int8_t> weights = {1, -2, 100, -127};
  std::vector<int32_t> bias = {0, 0};
  std::vector<float> scale = {1e-3f, 1e-3f};
  int32_t x_zero = 0;
  float residual_scale = 0.0f;
  bool constant = true;

  Sums sums() {
    std::vector<lite::Tensor> inputs(4);
    inputs[1] = tensor(lite::DType::s8, {2, 2, 1, 1}, weights.data());
    inputs[2] = tensor(lite::DType::s32, {2}, bias.data());
    inputs[3] = tensor(lite::DType::f32, {2}, scale.data());
    inputs[3].constant = constant;
    const NoAttributes attributes;
    lite::PrepareContext context;
    context.attributes = &attributes;
    context.inputs = {inputs.data(), inputs.size()};
    lite::linear::FoldedBias folded;
    CHECK(folded.prepare(context, x_zero) == 0);
    lite::Requantization to;
    to.residual_scale = residual_scale;
    return folded.sums(context, to);
  }

 private:
  static lite::Tensor tensor(lite::DType dtype, const std::vector<int64_t>& extents, void* data) {
    lite::Tensor tensor;
    tensor.dtype = dtype;
    tensor.constant = true;
    tensor.shape.rank = static_cast<int>(extents.size());
    for (size_t axis = 0; axis < extents.size(); ++axis)
      tensor.shape[static_cast<int>(axis)] = extents[axis];
    tensor.data = static_cast<std::byte*>(data);
    return tensor;
  }
};

constexpr int64_t kReach = 128 * (100 + 127);  // of the second channel's products

void sums_are_small_up_to_the_limit() {
  for (int sign : {1, -1}) {
    Layer layer;
    layer.bias[1] = sign * static_cast<int32_t>(lite::kGreatestSmallSum - kReach);
    CHECK(layer.sums() == Sums::small);
    layer.bias[1] += sign;
    CHECK(layer.sums() == Sums::small_steps);
  }
}

void the_zero_of_inputs_counts() {
  Layer layer;  // -128 * (100 - 127) is taken off the bias
  layer.x_zero = -128;
  layer.bias[1] = static_cast<int32_t>(lite::kGreatestSmallSum - kReach + 128 * 27);
  CHECK(layer.sums() == Sums::small);
  layer.bias[1] += 1;
  CHECK(layer.sums() == Sums::small_steps);
}

void steps_are_small_up_to_the_limit() {
  Layer layer;
  layer.scale[1] = 0.999f * lite::kGreatestSmallSteps / static_cast<float>(kReach);
  CHECK(layer.sums() == Sums::small);
  layer.scale[1] *= 1.002f;
  CHECK(layer.sums() == Sums::any);
}

void residuals_are_steps_too() {
  Layer layer;
  layer.residual_scale = -100.0f;
  CHECK(layer.sums() == Sums::small);
  layer.residual_scale = -126.0f;
  CHECK(layer.sums() == Sums::any);
}

void nothing_is_known_of_what_is_computed() {
  Layer layer;
  layer.constant = false;
  CHECK(layer.sums() == Sums::any);
}

}  // namespace

int main() {
  sums_are_small_up_to_the_limit();
  the_zero_of_inputs_counts();
  steps_are_small_up_to_the_limit();
  residuals_are_steps_too();
  nothing_is_known_of_what_is_computed();
  return check_result();
}
