// SPDX-License-Identifier: Apache-2.0
#include "ops/quantized/parameters.h"

#include <limits>

#include "ops/checks.h"

namespace lite::quantized {
namespace {

template <class T>
Limits limits() {
  return {std::numeric_limits<T>::min(), std::numeric_limits<T>::max()};
}

}  // namespace

Limits limits_of(DType dtype) {
  switch (dtype) {
    case DType::s8:
      return limits<int8_t>();
    case DType::u8:
      return limits<uint8_t>();
    case DType::s16:
      return limits<int16_t>();
    case DType::s32:
      return limits<int32_t>();
    default:
      return {};
  }
}

Status check_scale(const char* what, float scale) {
  if (scale >= kLeastScale && scale <= kGreatestScale) return Status();
  return error(Code::k_bad_shape, "%s is %g, expected 2^-100 to 2^100", what,
               static_cast<double>(scale));
}

Status check_scales(const char* what, const Tensor& scales) {
  LITE_RETURN_IF_ERROR(check_dtype(what, scales.dtype, DType::f32));
  if (!scales.constant || scales.data == nullptr) return Status();
  for (int64_t i = 0; i < scales.shape.count(); ++i)
    LITE_RETURN_IF_ERROR(check_scale(what, scales.as<float>()[i]));
  return Status();
}

Status check_multipliers(const char* what, const Tensor& multipliers) {
  if (!multipliers.constant || multipliers.data == nullptr) return Status();
  for (int64_t i = 0; i < multipliers.shape.count(); ++i) {
    const float multiplier = multipliers.as<float>()[i];
    if (multiplier >= std::numeric_limits<float>::min() &&
        multiplier <= std::numeric_limits<float>::max())
      continue;
    return error(Code::k_bad_shape, "%s has %g, expected positive numbers that are not denormal",
                 what, static_cast<double>(multiplier));
  }
  return Status();
}

Result<int32_t> read_zero_point(const Attributes& attributes, const char* name, DType dtype) {
  const int64_t zero_point = attributes.integer(name, 0);
  const Limits limits = limits_of(dtype);
  LITE_RETURN_IF_ERROR(check_range(name, zero_point, limits.lowest, limits.highest));
  return static_cast<int32_t>(zero_point);
}

Result<Placement> read_placement(const Attributes& attributes, DType dtype) {
  Placement placement;
  LITE_ASSIGN_OR_RETURN(placement.zero_point, read_zero_point(attributes, "y_zero", dtype));
  const Limits limits = limits_of(dtype);
  const int64_t lo = attributes.integer("lo", -128), hi = attributes.integer("hi", 127);
  LITE_RETURN_IF_ERROR(check_range("lo", lo, limits.lowest, limits.highest));
  LITE_RETURN_IF_ERROR(check_range("hi", hi, lo, limits.highest));
  placement.lo = static_cast<int32_t>(lo);
  placement.hi = static_cast<int32_t>(hi);
  return placement;
}

Result<float> read_scale(const Attributes& attributes, const char* name) {
  const float scale = attributes.real(name, 0.0f);
  LITE_RETURN_IF_ERROR(check_scale(name, scale));
  return scale;
}

}  // namespace lite::quantized
