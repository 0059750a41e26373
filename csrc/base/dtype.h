// SPDX-License-Identifier: Apache-2.0
// Element types; order and words are shared with nb.fbs and lite/ir/types.py.
#pragma once

#include <cstddef>
#include <cstdint>

namespace lite {

enum class DType : uint8_t { f32, f16, bf16, f64, s8, u8, s16, u16, s32, u32, s64, u64, boolean };
inline constexpr int kDTypeCount = 13;

[[nodiscard]] constexpr size_t dtype_size_bytes(DType dtype) {
  constexpr size_t sizes[kDTypeCount] = {4, 2, 2, 8, 1, 1, 2, 2, 4, 4, 8, 8, 1};
  return sizes[static_cast<int>(dtype)];
}

[[nodiscard]] constexpr const char* dtype_name(DType dtype) {
  constexpr const char* names[kDTypeCount] = {"f32", "f16", "bf16", "f64", "s8",  "u8",  "s16",
                                              "u16", "s32", "u32",  "s64", "u64", "bool"};
  return names[static_cast<int>(dtype)];
}

template <class T>
struct DTypeOf;
template <>
struct DTypeOf<float> {
  static constexpr DType value = DType::f32;
};
template <>
struct DTypeOf<double> {
  static constexpr DType value = DType::f64;
};
template <>
struct DTypeOf<int8_t> {
  static constexpr DType value = DType::s8;
};
template <>
struct DTypeOf<uint8_t> {
  static constexpr DType value = DType::u8;
};
template <>
struct DTypeOf<int16_t> {
  static constexpr DType value = DType::s16;
};
template <>
struct DTypeOf<uint16_t> {
  static constexpr DType value = DType::u16;
};
template <>
struct DTypeOf<int32_t> {
  static constexpr DType value = DType::s32;
};
template <>
struct DTypeOf<uint32_t> {
  static constexpr DType value = DType::u32;
};
template <>
struct DTypeOf<int64_t> {
  static constexpr DType value = DType::s64;
};
template <>
struct DTypeOf<uint64_t> {
  static constexpr DType value = DType::u64;
};
template <>
struct DTypeOf<bool> {
  static constexpr DType value = DType::boolean;
};

}  // namespace lite
