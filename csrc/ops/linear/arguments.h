// SPDX-License-Identifier: Apache-2.0
// Arguments that the ops which multiply matrices share: activation, operands, windows of images.
#pragma once

#include <cstdint>

#include "base/half.h"
#include "kernels/activation.h"
#include "ops/op.h"

namespace lite::linear {

[[nodiscard]] Result<Activation> read_activation(const Attributes& attributes);

[[nodiscard]] std::string text(const Shape& shape);

// Position of the scales of integer weights among the inputs, the last one.
inline constexpr size_t kScales = 4, kTransposedScales = 3, kProductScales = 2;

// Inputs x, weights, bias, residual if there is one before `scales`, and scales; x and weights must
// be there, all must be f32. The bias must have n elements, the residual the output's shape.
// With n scales the weights are s8 or s16; both are then constants.
[[nodiscard]] Status check_operands(const PrepareContext& context, size_t scales, int64_t n);
[[nodiscard]] Status check_scales(const PrepareContext& context, size_t scales, int64_t n);

// One of the scales of integer weights, which are f32 or f16.
inline float scale_at(const Tensor& scales, int64_t channel) {
  return scales.dtype == DType::f16 ? half_to_float(scales.as<Half>()[channel])
                                    : scales.as<float>()[channel];
}

// The scales of integer weights, or null.
inline const Tensor* scales_of(const PrepareContext& context, size_t scales) {
  return context.present(scales) ? &context.inputs[scales] : nullptr;
}

// Sliding window over images NHWC.
struct Window {
  int64_t kernel_height = 1, kernel_width = 1;
  int64_t stride_height = 1, stride_width = 1;
  int64_t dilation_height = 1, dilation_width = 1;
  int64_t pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  int64_t groups = 1;

  [[nodiscard]] int64_t taps() const { return kernel_height * kernel_width; }
  // Rows, or columns, of the input and its padding that so many of the output read.
  [[nodiscard]] int64_t input_rows(int64_t outputs) const {
    return (outputs - 1) * stride_height + (kernel_height - 1) * dilation_height + 1;
  }
  [[nodiscard]] int64_t input_columns(int64_t outputs) const {
    return (outputs - 1) * stride_width + (kernel_width - 1) * dilation_width + 1;
  }
  // Whether each pixel of the output is made of the pixel in its place, and all of its channels.
  [[nodiscard]] bool stays_in_place() const {
    return taps() == 1 && groups == 1 && stride_height == 1 && stride_width == 1 && pad_top == 0 &&
           pad_left == 0 && pad_bottom == 0 && pad_right == 0;
  }
  // Whether the window's rows are several pixels and, of dense images, lie in one piece.
  [[nodiscard]] bool has_whole_rows() const {
    return kernel_width > 1 && groups == 1 && dilation_width == 1;
  }
};

// Reads strides, pads, dilations, groups and layout; the kernel's extents are the last two of the
// weights.
[[nodiscard]] Result<Window> read_window(const Attributes& attributes, const Shape& weights);
// Of ops that know no other layout, and no attribute for it.
[[nodiscard]] Result<Window> read_nhwc_window(const Attributes& attributes, const Shape& weights);

// Input, weights and output of a convolution fit the window, and the groups divide the channels.
[[nodiscard]] Status check_images(const PrepareContext& context, const Window& window);

// What a node conv2d says.
struct Convolution {
  Window window;
  Activation activation;
  bool by_channel = false;  // each channel by itself
};

// Checks all that a convolution of floats must be.
[[nodiscard]] Result<Convolution> read_convolution(const PrepareContext& context);

struct Image {
  int64_t height = 0, width = 0, channels = 0;
  int64_t pitch = 0;  // elements from pixel to pixel
  [[nodiscard]] int64_t count() const { return height * width * pitch; }
};

// Of images [n, h, w, c].
inline Image image_of(const Shape& shape) { return {shape[1], shape[2], shape[3], shape[3]}; }
inline Image image_of(const Tensor& images) {
  return {images.shape[1], images.shape[2], images.shape[3], images.row_pitch()};
}

// From pixel to pixel of the residual at an input, if there is one.
inline int64_t residual_pitch(const PrepareContext& context, size_t input) {
  return context.present(input) ? context.inputs[input].row_pitch() : 0;
}

[[nodiscard]] constexpr int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
[[nodiscard]] constexpr size_t aligned_bytes(size_t bytes) { return (bytes + 63) / 64 * 64; }

}  // namespace lite::linear
