// SPDX-License-Identifier: Apache-2.0
// Family copy: the movements of elements that are no runs of bytes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/isa.h"

namespace lite::copy {

struct Kernels {
  // dst[i] = src[i * stride] for i < count; stride in elements, at least 2.
  using Pick = void (*)(const std::byte* src, std::byte* dst, int64_t count, int64_t stride);
  // dst[row * dst_stride + column] = src[column * src_stride + row], strides in elements, for every
  // row < rows and column < columns. Reads and writes no other element.
  using Transpose = void (*)(const std::byte* src, std::byte* dst, int64_t rows, int64_t columns,
                             int64_t src_stride, int64_t dst_stride);
  struct Sized {
    Pick pick;
    Transpose transpose;
  };
  Sized of_1, of_2, of_4, of_8;  // for elements of so many bytes, aligned to them

  [[nodiscard]] const Sized& of(int64_t element_bytes) const {
    return element_bytes == 1 ? of_1 : element_bytes == 2 ? of_2 : element_bytes == 4 ? of_4 : of_8;
  }
};

const Kernels& kernels(Isa isa);

}  // namespace lite::copy
