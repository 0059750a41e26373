// SPDX-License-Identifier: Apache-2.0
// Family copy: the one movement of elements that is not a run of bytes, the transposition.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/isa.h"

namespace lite::copy {

struct Kernels {
  // dst[row * dst_stride + column] = src[column * src_stride + row], strides in elements, for every
  // row < rows and column < columns. Reads and writes no other element.
  using Transpose = void (*)(const std::byte* src, std::byte* dst, int64_t rows, int64_t columns,
                             int64_t src_stride, int64_t dst_stride);
  Transpose transpose_1;  // elements of 1 byte
  Transpose transpose_2;
  Transpose transpose_4;
  Transpose transpose_8;
};

const Kernels& kernels(Isa isa);

}  // namespace lite::copy
