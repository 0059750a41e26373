// SPDX-License-Identifier: Apache-2.0
// Elements of any dtype as bytes: fill, and choice of code by their size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/dtype.h"
#include "base/tensor.h"

namespace lite {

// Calls body with a zero of the unsigned integer that is as large as the element.
template <class Body>
void with_cell(size_t element_bytes, const Body& body) {
  switch (element_bytes) {
    case 1:
      return body(uint8_t{0});
    case 2:
      return body(uint16_t{0});
    case 4:
      return body(uint32_t{0});
    default:
      return body(uint64_t{0});
  }
}

// Writes `count` times the element at `value`.
inline void fill_elements(std::byte* dst, int64_t count, const std::byte* value,
                          size_t element_bytes) {
  with_cell(element_bytes, [&](auto cell) {
    std::memcpy(&cell, value, sizeof(cell));
    auto* to = reinterpret_cast<decltype(cell)*>(dst);
    for (int64_t i = 0; i < count; ++i) to[i] = cell;
  });
}

// Row-major strides, in elements.
inline Shape strides_of(const Shape& shape, int64_t pitch = 0) {
  Shape strides;
  strides.rank = shape.rank;
  int64_t stride = 1;
  for (int axis = shape.rank - 1; axis >= 0; --axis) {
    strides[axis] = stride;
    stride = pitch != 0 && axis == shape.rank - 1 ? pitch : stride * shape[axis];
  }
  return strides;
}
inline Shape strides_of(const Tensor& tensor) { return strides_of(tensor.shape, tensor.pitch); }

}  // namespace lite
