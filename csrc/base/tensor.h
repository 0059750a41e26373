// SPDX-License-Identifier: Apache-2.0
// Shape and Tensor: what ops see. Tensors are row-major, innermost dimension last, and dense unless
// they have a pitch.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/dtype.h"

namespace lite {

inline constexpr int kMaxRank = 8;

struct Shape {
  int rank = 0;
  std::array<int64_t, kMaxRank> dims{};

  int64_t operator[](int axis) const { return dims[axis]; }
  int64_t& operator[](int axis) { return dims[axis]; }
  // Cannot overflow: the loader and the plan refuse shapes of 2^40 elements or more.
  [[nodiscard]] int64_t count() const { return count(0, rank); }
  [[nodiscard]] int64_t count(int begin, int end) const {
    int64_t product = 1;
    for (int axis = begin; axis < end; ++axis) product *= dims[axis];
    return product;
  }
  bool operator==(const Shape& other) const {
    if (rank != other.rank) return false;
    for (int axis = 0; axis < rank; ++axis)
      if (dims[axis] != other.dims[axis]) return false;
    return true;
  }
  bool operator!=(const Shape& other) const { return !(*this == other); }
};

// How a constant's bytes are arranged; shared with nb.fbs and lite/nb/pack.py.
//   plain      row-major in the tensor's shape.
//   p16        GEMM weights [groups][ceil(n/16)][k][16]: n output channels in panels of 16 (the
//              last filled up with zeros), k = kernel_height * kernel_width *
//              channels_in_per_group, in that order.
//   depthwise  [kernel_height * kernel_width][channels].
//   p16x4      of bytes: [groups][ceil(n/16)][kernel_height][ceil(k/4)][16][4], where k =
//              kernel_width * channels_in_per_group, the last quad of each row of the window filled
//              up with zeros. For a matrix, kernel_height and kernel_width are 1.
//   sparse     of floats, for windows of 1 x 1 that are not in groups: what is no zero, as
//              base/sparse.h says.
// The tensor's shape stays the logical one (conv weights: OIHW; matmul's right side: [k, n]).
enum class Packing : uint8_t { plain, p16, depthwise, p16x4, sparse };

struct Tensor {
  DType dtype = DType::f32;
  Packing packing = Packing::plain;
  bool constant = false;  // data is known when an op prepares
  Shape shape;
  std::byte* data = nullptr;
  // Elements from row to row of the innermost dimension, if the tensor is a part of another one;
  // 0: it is dense. Only ops that say so get such tensors (OpFlags).
  int64_t pitch = 0;

  template <class T>
  T* as() const {
    return reinterpret_cast<T*>(data);
  }
  [[nodiscard]] int64_t row_pitch() const { return pitch != 0 ? pitch : shape[shape.rank - 1]; }
  // Elements from the first one to behind the last one.
  [[nodiscard]] int64_t reach() const {
    const int64_t count = shape.count();
    if (pitch == 0 || count == 0) return count;
    const int64_t row = shape[shape.rank - 1];
    return (count / row - 1) * pitch + row;
  }
  [[nodiscard]] size_t size_bytes() const {
    return static_cast<size_t>(shape.count()) * dtype_size_bytes(dtype);
  }
};

}  // namespace lite
