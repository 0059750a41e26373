// SPDX-License-Identifier: Apache-2.0
// Checks of `prepare`: a damaged file ends in an error, never in a read outside of a tensor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "ops/op.h"

namespace lite {

inline std::string shape_text(const Shape& shape) {
  std::string text = "[";
  for (int axis = 0; axis < shape.rank; ++axis)
    text += (axis ? ", " : "") + std::to_string(shape[axis]);
  return text + "]";
}

// Exactly so many inputs, none left out, and outputs.
inline Status check_operands(const PrepareContext& context, size_t inputs, size_t outputs) {
  bool all = context.inputs.size() == inputs && context.outputs.size() == outputs;
  for (size_t i = 0; all && i < inputs; ++i) all = context.present(i);
  if (all) return Status();
  return error(Code::k_bad_shape, "got %zu inputs and %zu outputs, expected %zu and %zu",
               context.inputs.size(), context.outputs.size(), inputs, outputs);
}

inline Status check_shape(const char* what, const Shape& found, const Shape& expected) {
  if (found == expected) return Status();
  return error(Code::k_bad_shape, "%s has shape %s, expected %s", what, shape_text(found).c_str(),
               shape_text(expected).c_str());
}

inline Status check_dtype(const char* what, DType found, DType expected) {
  if (found == expected) return Status();
  return error(Code::k_unsupported_op, "%s is %s, expected %s", what, dtype_name(found),
               dtype_name(expected));
}

inline Status check_rank(const char* what, const Shape& found, int expected) {
  if (found.rank == expected) return Status();
  return error(Code::k_bad_shape, "%s has %d axes, expected %d", what, found.rank, expected);
}

// lowest <= found <= highest
inline Status check_range(const char* what, int64_t found, int64_t lowest, int64_t highest) {
  if (lowest <= found && found <= highest) return Status();
  return error(Code::k_bad_shape, "%s is %lld, expected %lld to %lld", what,
               static_cast<long long>(found), static_cast<long long>(lowest),
               static_cast<long long>(highest));
}

inline Status check_elements(const Tensor& output, int64_t expected) {
  return check_range("the output's element count", output.shape.count(), expected, expected);
}

// A list of exactly so many integers.
inline Status check_count(const char* what, Span<const int64_t> found, size_t expected) {
  if (found.size() == expected) return Status();
  return error(Code::k_bad_shape, "%s has %zu elements, expected %zu", what, found.size(),
               expected);
}

// Kernels of spatial ops are NHWC; the pass to_nhwc sees to that.
inline Status check_layout(const PrepareContext& context) {
  const std::string layout = context.attributes->text("layout", "nchw");
  if (layout == "nhwc") return Status();
  return error(Code::k_unsupported_op, "layout is %s, expected nhwc", layout.c_str());
}

}  // namespace lite
