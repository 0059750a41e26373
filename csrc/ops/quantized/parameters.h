// SPDX-License-Identifier: Apache-2.0
// Checks of the parameters that ops on quantized tensors share: scales, zero points, bounds.
#pragma once

#include <cstdint>

#include "base/requant.h"
#include "base/tensor.h"
#include "ops/op.h"

namespace lite::quantized {

// s8, u8, s16 or s32; the least and the greatest integer of another type are 0.
struct Limits {
  int64_t lowest = 0, highest = 0;
};
[[nodiscard]] Limits limits_of(DType dtype);

// A float from 2^-100 to 2^100.
[[nodiscard]] Status check_scale(const char* what, float scale);
// The scales of a constant; those that are computed are not known yet.
[[nodiscard]] Status check_scales(const char* what, const Tensor& scales);
// The multipliers of a layer's sums, products and quotients of scales: positive, finite and not
// denormal, if they are constants.
[[nodiscard]] Status check_multipliers(const char* what, const Tensor& multipliers);
// An attribute that is an integer of the element type.
[[nodiscard]] Result<int32_t> read_zero_point(const Attributes& attributes, const char* name,
                                              DType dtype);
// Attributes y_zero, lo and hi: lo <= hi, all three of the element type (s8 or s16).
[[nodiscard]] Result<Placement> read_placement(const Attributes& attributes, DType dtype);
// An attribute that is a scale.
[[nodiscard]] Result<float> read_scale(const Attributes& attributes, const char* name);

}  // namespace lite::quantized
