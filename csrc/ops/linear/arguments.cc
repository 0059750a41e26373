// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/arguments.h"

#include <cstring>

namespace lite::linear {
namespace {

constexpr int64_t kGreatestStep = int64_t{1} << 20;  // its products with extents fit 64 bits

Status read_pair(const Attributes& attributes, const char* name, int64_t* first, int64_t* second) {
  const Span<const int64_t> found = attributes.integers(name);
  if (found.empty()) return Status();
  if (found.size() != 2 || found[0] < 1 || found[1] < 1 || found[0] > kGreatestStep ||
      found[1] > kGreatestStep)
    return error(Code::k_unsupported_op, "%s must be two extents of at least 1", name);
  *first = found[0];
  *second = found[1];
  return Status();
}

Status read_pads(const Attributes& attributes, Window* window) {
  const Span<const int64_t> pads = attributes.integers("pads");
  if (pads.empty()) return Status();
  if (pads.size() != 4)
    return error(Code::k_unsupported_op, "pads has %zu extents, expected 4", pads.size());
  for (int64_t pad : pads)
    if (pad < 0 || pad > kGreatestStep)
      return error(Code::k_unsupported_op, "pads must not be negative, got %lld",
                   static_cast<long long>(pad));
  window->pad_top = pads[0];
  window->pad_left = pads[1];
  window->pad_bottom = pads[2];
  window->pad_right = pads[3];
  return Status();
}

Status check_f32(const Tensor& tensor, const char* role) {
  if (tensor.dtype == DType::f32) return Status();
  return error(Code::k_unsupported_op, "the %s is %s, expected f32", role,
               dtype_name(tensor.dtype));
}

// Of images or rows: floats, or halves where the plan chose them (OpFlags::kHalves).
Status check_same(const Tensor& tensor, const Tensor& input, const char* role) {
  if (tensor.dtype == input.dtype) return Status();
  return error(Code::k_unsupported_op, "the %s is %s, expected %s", role, dtype_name(tensor.dtype),
               dtype_name(input.dtype));
}

int64_t extent(int64_t in, int64_t pads, int64_t kernel, int64_t dilation, int64_t stride) {
  const int64_t room = in + pads - (dilation * (kernel - 1) + 1);
  return room < 0 ? -1 : room / stride + 1;
}

}  // namespace

std::string text(const Shape& shape) {
  std::string words = "[";
  for (int axis = 0; axis < shape.rank; ++axis)
    words += (axis ? ", " : "") + std::to_string(shape[axis]);
  return words + "]";
}

Result<Activation> read_activation(const Attributes& attributes) {
  const std::string word = attributes.text("activation", "none");
  Activation activation;
  activation.alpha = attributes.real("alpha", 0.0f);
  activation.beta = attributes.real("beta", 0.0f);
  if (word == "none") return activation;
  if (word == "relu" || word == "relu6" || word == "clip") {
    activation.lo = word == "clip" ? activation.alpha : 0.0f;
    if (word != "relu") activation.hi = word == "clip" ? activation.beta : 6.0f;
    return activation;
  }
  constexpr struct {
    const char* word;
    ActivationKind kind;
  } rows[] = {{"leaky_relu", ActivationKind::leaky_relu},
              {"hard_swish", ActivationKind::hard_swish},
              {"affine_hard_swish", ActivationKind::affine_hard_swish},
              {"swish", ActivationKind::swish},
              {"sigmoid", ActivationKind::sigmoid},
              {"hard_sigmoid", ActivationKind::hard_sigmoid}};
  for (const auto& row : rows)
    if (word == row.word) {
      activation.kind = row.kind;
      return activation;
    }
  return error(Code::k_unsupported_op, "there is no activation '%s'", word.c_str());
}

Status check_scales(const PrepareContext& context, size_t scales, int64_t n) {
  const Tensor& weights = context.inputs[1];
  if (!context.present(scales)) return check_f32(weights, "weights");
  const Tensor& found = context.inputs[scales];
  if (found.dtype != DType::f16) LITE_RETURN_IF_ERROR(check_f32(found, "scale of the weights"));
  if (weights.dtype != DType::s8 && weights.dtype != DType::s16)
    return error(Code::k_unsupported_op, "the weights are %s and have scales, expected s8 or s16",
                 dtype_name(weights.dtype));
  if (!weights.constant || !found.constant)
    return error(Code::k_unsupported_op, "integer weights and their scales must be constants");
  if (found.packing == Packing::plain && found.shape.rank == 1 && found.shape[0] == n)
    return Status();
  return error(Code::k_bad_shape, "the scales of the weights are %s, expected [%lld]",
               text(found.shape).c_str(), static_cast<long long>(n));
}

Status check_operands(const PrepareContext& context, size_t scales, int64_t n) {
  const size_t count = context.inputs.size(), greatest = scales + 1;
  const bool adds = scales > 3 && context.present(3);
  if (count < 2 || count > greatest || !context.present(0) || !context.present(1) ||
      context.outputs.size() != 1)
    return error(Code::k_unsupported_op, "got %zu inputs and %zu outputs, expected 2 to %zu and 1",
                 count, context.outputs.size(), greatest);
  const Tensor& x = context.inputs[0];
  if (x.dtype != DType::f16) LITE_RETURN_IF_ERROR(check_f32(x, "input"));
  LITE_RETURN_IF_ERROR(check_scales(context, scales, n));
  if (context.present(2)) LITE_RETURN_IF_ERROR(check_f32(context.inputs[2], "bias"));
  if (adds) LITE_RETURN_IF_ERROR(check_same(context.inputs[3], x, "residual"));
  LITE_RETURN_IF_ERROR(check_same(context.outputs[0], x, "output"));
  if (context.present(2) && (context.inputs[2].shape.rank != 1 || context.inputs[2].shape[0] != n))
    return error(Code::k_bad_shape, "the bias is %s, expected [%lld]",
                 text(context.inputs[2].shape).c_str(), static_cast<long long>(n));
  if (adds && context.inputs[3].shape != context.outputs[0].shape)
    return error(Code::k_bad_shape, "the residual is %s, expected %s",
                 text(context.inputs[3].shape).c_str(), text(context.outputs[0].shape).c_str());
  return Status();
}

Result<Window> read_window(const Attributes& attributes, const Shape& weights) {
  if (std::strcmp(attributes.text("layout", "nchw"), "nhwc") != 0)
    return error(Code::k_unsupported_op,
                 "layout '%s' has no kernel, expected nhwc\nhint: the pass to_nhwc converts",
                 attributes.text("layout", "nchw"));
  return read_nhwc_window(attributes, weights);
}

Result<Window> read_nhwc_window(const Attributes& attributes, const Shape& weights) {
  if (weights.rank != 4 || weights[2] < 1 || weights[3] < 1)
    return error(Code::k_bad_shape,
                 "the weights are %s, expected 4 extents, a window of at least 1 x 1",
                 text(weights).c_str());
  Window window;
  window.kernel_height = weights[2];
  window.kernel_width = weights[3];
  window.groups = attributes.integer("groups", 1);
  if (window.groups < 1 || window.groups > kGreatestStep)
    return error(Code::k_unsupported_op, "groups is %lld, expected at least 1",
                 static_cast<long long>(window.groups));
  LITE_RETURN_IF_ERROR(
      read_pair(attributes, "strides", &window.stride_height, &window.stride_width));
  LITE_RETURN_IF_ERROR(
      read_pair(attributes, "dilations", &window.dilation_height, &window.dilation_width));
  LITE_RETURN_IF_ERROR(read_pads(attributes, &window));
  return window;
}

Status check_images(const PrepareContext& context, const Window& window) {
  const Shape& x = context.inputs[0].shape;
  const Shape& w = context.inputs[1].shape;
  const Shape& y = context.outputs[0].shape;
  const int64_t height = extent(x[1], window.pad_top + window.pad_bottom, window.kernel_height,
                                window.dilation_height, window.stride_height);
  const int64_t width = extent(x[2], window.pad_left + window.pad_right, window.kernel_width,
                               window.dilation_width, window.stride_width);
  if (w[1] * window.groups != x[3] || w[0] % window.groups != 0)
    return error(Code::k_bad_shape, "input %s and weights %s do not fit %lld groups",
                 text(x).c_str(), text(w).c_str(), static_cast<long long>(window.groups));
  if (y.rank != 4 || y[0] != x[0] || y[1] != height || y[2] != width || y[3] != w[0])
    return error(Code::k_bad_shape, "the output is %s, expected [%lld, %lld, %lld, %lld]",
                 text(y).c_str(), static_cast<long long>(x[0]), static_cast<long long>(height),
                 static_cast<long long>(width), static_cast<long long>(w[0]));
  return Status();
}

Result<Convolution> read_convolution(const PrepareContext& context) {
  if (context.inputs.size() < 2 || context.inputs[0].shape.rank != 4)
    return error(Code::k_bad_shape, "expected an input [n, h, w, c] and weights");
  const Shape& weights = context.inputs[1].shape;
  Convolution found;
  LITE_ASSIGN_OR_RETURN(found.window, read_window(*context.attributes, weights));
  LITE_ASSIGN_OR_RETURN(found.activation, read_activation(*context.attributes));
  LITE_RETURN_IF_ERROR(check_operands(context, kScales, weights[0]));
  LITE_RETURN_IF_ERROR(check_images(context, found.window));
  found.by_channel = found.window.groups == weights[0] && weights[1] == 1;
  const Packing packing = context.inputs[1].packing;
  const bool sparse =
      packing == Packing::sparse && found.window.stays_in_place() && !found.by_channel;
  if (packing != Packing::plain && !sparse &&
      packing != (found.by_channel ? Packing::depthwise : Packing::p16))
    return error(Code::k_corrupt_file, "the weights are packed for another kind of convolution");
  return found;
}

}  // namespace lite::linear
