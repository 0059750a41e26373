// SPDX-License-Identifier: Apache-2.0
// Indices that are data: a negative one counts from the end, then they are clamped, so that no
// content of an input can lead outside of a tensor.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/tensor.h"
#include "ops/checks.h"

namespace lite {

inline Status check_indices(const Tensor& indices) {
  if (indices.dtype == DType::s32 || indices.dtype == DType::s64) return Status();
  return error(Code::k_unsupported_op, "the indices are %s, expected s32 or s64",
               dtype_name(indices.dtype));
}

class Indices {
 public:
  explicit Indices(const Tensor& tensor) : data_(tensor.data), wide_(tensor.dtype == DType::s64) {}

  [[nodiscard]] int64_t raw(int64_t position) const {
    return wide_ ? reinterpret_cast<const int64_t*>(data_)[position]
                 : reinterpret_cast<const int32_t*>(data_)[position];
  }
  // Negative ones wrapped once.
  [[nodiscard]] int64_t wrapped(int64_t position, int64_t extent) const {
    const int64_t index = raw(position);
    return index < 0 ? index + extent : index;
  }
  // In [0, extent); extent >= 1.
  [[nodiscard]] int64_t within(int64_t position, int64_t extent) const {
    return std::clamp<int64_t>(wrapped(position, extent), 0, extent - 1);
  }

 private:
  const std::byte* data_;
  bool wide_;
};

// Rows of indices that stand for runs of a tensor, as in gather_nd and scatter_nd.
class RunPlaces {
 public:
  RunPlaces() = default;
  // The last axis of `indices` gives positions on the axes of x from `batch` on; the axes before
  // are the leading ones of both.
  Status prepare(const Tensor& x, const Tensor& indices, int batch) {
    LITE_RETURN_IF_ERROR(check_indices(indices));
    LITE_RETURN_IF_ERROR(
        check_range("batch_dims", batch, 0, std::min(indices.shape.rank - 1, x.shape.rank)));
    depth_ = indices.shape[indices.shape.rank - 1];
    LITE_RETURN_IF_ERROR(check_range("the depth of the indices", depth_, 0, x.shape.rank - batch));
    for (int axis = 0; axis < batch; ++axis)
      LITE_RETURN_IF_ERROR(check_range("a batch extent of the indices", indices.shape[axis],
                                       x.shape[axis], x.shape[axis]));
    shape_ = x.shape;
    batch_ = batch;
    const int end = batch + static_cast<int>(depth_);
    run_ = x.shape.count(end, x.shape.rank);
    block_ = x.shape.count(batch, x.shape.rank);
    count_ = indices.shape.count(0, indices.shape.rank - 1);
    per_batch_ = std::max<int64_t>(indices.shape.count(batch, indices.shape.rank - 1), 1);
    const int64_t reachable = x.shape.count(0, end);
    return count_ == 0 || run_ == 0 ? Status()
                                    : check_range("the element count", reachable, 1, INT64_MAX);
  }

  [[nodiscard]] int64_t run() const { return run_; }      // elements of a run
  [[nodiscard]] int64_t count() const { return count_; }  // rows of indices
  // First element of the run that row `row` stands for.
  [[nodiscard]] int64_t at(const Indices& indices, int64_t row) const {
    int64_t place = 0;
    for (int part = 0; part < depth_; ++part) {
      const int64_t extent = shape_[batch_ + part];
      place = place * extent + indices.within(row * depth_ + part, extent);
    }
    return row / per_batch_ * block_ + place * run_;
  }

 private:
  Shape shape_;
  int batch_ = 0;
  int64_t depth_ = 0, run_ = 0, block_ = 0, count_ = 0, per_batch_ = 1;
};

// Each index stands for an element whose other coordinates are those of the index itself, as in
// gather_elements and scatter_elements.
class ElementPlaces {
 public:
  ElementPlaces() = default;
  Status prepare(const Tensor& x, const Tensor& indices, int64_t axis) {
    LITE_RETURN_IF_ERROR(check_indices(indices));
    LITE_RETURN_IF_ERROR(check_rank("the indices", indices.shape, x.shape.rank));
    LITE_RETURN_IF_ERROR(check_range("axis", axis, 0, x.shape.rank - 1));
    axis_ = static_cast<int>(axis);
    for (int i = 0; i < x.shape.rank; ++i)
      if (i != axis_ && indices.shape.count() > 0)
        LITE_RETURN_IF_ERROR(
            check_range("an extent of the indices", indices.shape[i], 1, x.shape[i]));
    if (indices.shape.count() > 0)
      LITE_RETURN_IF_ERROR(check_range("the extent of axis", x.shape[axis_], 1, INT64_MAX));
    shape_ = indices.shape;
    strides_ = x.shape;
    extent_ = x.shape[axis_];
    int64_t stride = 1;
    for (int i = x.shape.rank - 1; i >= 0; --i) {
      strides_[i] = stride;
      stride *= x.shape[i];
    }
    return Status();
  }

  [[nodiscard]] int64_t count() const { return shape_.count(); }
  // The element that index `position` stands for.
  [[nodiscard]] int64_t at(const Indices& indices, int64_t position) const {
    int64_t place = indices.within(position, extent_) * strides_[axis_];
    for (int i = shape_.rank - 1; i >= 0; --i) {
      if (i != axis_) place += position % shape_[i] * strides_[i];
      position /= shape_[i];
    }
    return place;
  }

 private:
  Shape shape_, strides_;
  int axis_ = 0;
  int64_t extent_ = 0;
};

}  // namespace lite
