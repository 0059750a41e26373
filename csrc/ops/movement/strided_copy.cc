// SPDX-License-Identifier: Apache-2.0
#include "ops/movement/strided_copy.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace lite {
namespace {

using Unit = StridedCopy::Unit;

// Without axes of extent 1; neighbours that are one run on both sides are one axis.
int merged(Span<const CopyAxis> axes, std::array<CopyAxis, StridedCopy::kMaxAxes>& result) {
  int count = 0;
  for (const CopyAxis& axis : axes) {
    if (axis.extent == 1) continue;
    if (count > 0) {
      CopyAxis& outer = result[count - 1];
      if (outer.src_stride == axis.src_stride * axis.extent &&
          outer.dst_stride == axis.dst_stride * axis.extent) {
        outer = {outer.extent * axis.extent, axis.src_stride, axis.dst_stride};
        continue;
      }
    }
    result[count++] = axis;
  }
  return count;
}

// Every element of the box lies within the tensor.
Status check_box(const Place& place, Span<const CopyAxis> axes, int64_t CopyAxis::* stride) {
  int64_t lowest = place.offset, highest = place.offset;
  for (const CopyAxis& axis : axes) {
    if (axis.extent == 0) return Status();
    const int64_t span = (axis.extent - 1) * (axis.*stride);
    (span < 0 ? lowest : highest) += span;
  }
  if (lowest >= 0 && highest < place.tensor.shape.count()) return Status();
  return error(Code::k_bad_shape, "elements %lld to %lld are needed of a tensor of %lld",
               static_cast<long long>(lowest), static_cast<long long>(highest),
               static_cast<long long>(place.tensor.shape.count()));
}

void copy_runs(const std::byte* src, std::byte* dst, const Unit& unit) {
  const size_t run_bytes = static_cast<size_t>(unit.columns * unit.dst_column);
  for (int64_t row = 0; row < unit.rows; ++row)
    std::memcpy(dst + row * unit.dst_row, src + row * unit.src_row, run_bytes);
}

template <class T>
void copy_elements(const std::byte* src, std::byte* dst, const Unit& unit) {
  for (int64_t row = 0; row < unit.rows; ++row) {
    const std::byte* from = src + row * unit.src_row;
    std::byte* to = dst + row * unit.dst_row;
    for (int64_t column = 0; column < unit.columns; ++column) {
      std::memcpy(to, from, sizeof(T));
      from += unit.src_column;
      to += unit.dst_column;
    }
  }
}

template <class T>
void repeat_element(const std::byte* src, std::byte* dst, const Unit& unit) {
  for (int64_t row = 0; row < unit.rows; ++row) {
    T value;
    std::memcpy(&value, src + row * unit.src_row, sizeof(T));
    std::byte* to = dst + row * unit.dst_row;
    for (int64_t column = 0; column < unit.columns; ++column)
      std::memcpy(to + column * sizeof(T), &value, sizeof(T));
  }
}

template <class T>
auto walk_of(const Unit& unit) {
  const int64_t size = sizeof(T);
  if (unit.dst_column == size && unit.src_column == 0) return repeat_element<T>;
  return copy_elements<T>;
}

bool aligned(const void* address, int64_t bytes) {
  return reinterpret_cast<uintptr_t>(address) % static_cast<uintptr_t>(bytes) == 0;
}

}  // namespace

Status StridedCopy::prepare(const Place& src, const Place& dst, Span<const CopyAxis> axes,
                            Isa isa) {
  if (src.tensor.dtype != dst.tensor.dtype)
    return error(Code::k_unsupported_op, "the output is %s, expected %s as the input",
                 dtype_name(dst.tensor.dtype), dtype_name(src.tensor.dtype));
  LITE_RETURN_IF_ERROR(check_box(src, axes, &CopyAxis::src_stride));
  LITE_RETURN_IF_ERROR(check_box(dst, axes, &CopyAxis::dst_stride));
  element_bytes_ = static_cast<int64_t>(dtype_size_bytes(src.tensor.dtype));
  src_offset_ = src.offset * element_bytes_;
  dst_offset_ = dst.offset * element_bytes_;
  arrange(axes);
  choose_transpose(isa);
  choose_walk();
  cut_into_tiles();
  return Status();
}

void StridedCopy::arrange(Span<const CopyAxis> axes) {
  std::array<CopyAxis, kMaxAxes> kept{};
  int count = merged(axes, kept);
  for (int i = 0; i < count; ++i) {
    kept[i].src_stride *= element_bytes_;
    kept[i].dst_stride *= element_bytes_;
  }
  if (count > 0) {  // a short run on both sides is one larger element
    const CopyAxis& last = kept[count - 1];
    const int64_t run_bytes = last.extent * element_bytes_;
    if (last.src_stride == element_bytes_ && last.dst_stride == element_bytes_ &&
        (run_bytes == 2 || run_bytes == 4 || run_bytes == 8)) {
      element_bytes_ = run_bytes;
      --count;
    }
  }
  const CopyAxis none = {1, element_bytes_, element_bytes_};
  axes_ = kept;
  if (count == 0) axes_[count++] = none;
  if (count == 1) {
    axes_[1] = axes_[0];
    axes_[0] = {1, 0, 0};
    count = 2;
  }
  outer_ = count - 2;
}

void StridedCopy::choose_transpose(Isa isa) {
  transpose_ = nullptr;
  const CopyAxis& inner = axes_[outer_ + 1];
  if (inner.dst_stride != element_bytes_ || inner.src_stride <= element_bytes_) return;
  if (inner.src_stride % element_bytes_ != 0) return;
  for (int i = outer_; i >= 0; --i) {
    if (axes_[i].src_stride != element_bytes_ || axes_[i].extent == 1) continue;
    if (axes_[i].dst_stride % element_bytes_ != 0) continue;
    std::swap(axes_[i], axes_[outer_]);
    const copy::Kernels& kernels = copy::kernels(isa);
    transpose_ = element_bytes_ == 1   ? kernels.transpose_1
                 : element_bytes_ == 2 ? kernels.transpose_2
                 : element_bytes_ == 4 ? kernels.transpose_4
                                       : kernels.transpose_8;
    return;
  }
}

void StridedCopy::choose_walk() {
  const CopyAxis& row = axes_[outer_];
  const CopyAxis& column = axes_[outer_ + 1];
  unit_ = {row.extent,     column.extent,     row.src_stride,
           row.dst_stride, column.src_stride, column.dst_stride};
  if (unit_.src_column == element_bytes_ && unit_.dst_column == element_bytes_)
    walk_ = copy_runs;
  else
    walk_ = element_bytes_ == 1   ? walk_of<uint8_t>(unit_)
            : element_bytes_ == 2 ? walk_of<uint16_t>(unit_)
            : element_bytes_ == 4 ? walk_of<uint32_t>(unit_)
                                  : walk_of<uint64_t>(unit_);
}

void StridedCopy::cut_into_tiles() {
  outer_count_ = 1;
  for (int i = 0; i < outer_; ++i) outer_count_ *= axes_[i].extent;
  const int64_t elements = unit_.rows * unit_.columns;
  if (outer_count_ == 0 || elements == 0) {
    outer_tiles_ = 0;
    return;
  }
  const int64_t wanted = std::max<int64_t>(kTileBytes / element_bytes_, 1);
  const bool by_rows = unit_.rows > 1;
  const int64_t length = by_rows ? unit_.rows : unit_.columns;
  cut_ = length;
  if (elements > wanted) {  // whole blocks of the transposition and whole cache lines
    cut_ = std::max<int64_t>(wanted / (elements / length), 1);
    cut_ = std::min((cut_ + 15) / 16 * 16, length);
  }
  cuts_ = (length + cut_ - 1) / cut_;
  outer_per_tile_ = cuts_ > 1 ? 1 : std::max<int64_t>(wanted / elements, 1);
  outer_tiles_ = (outer_count_ + outer_per_tile_ - 1) / outer_per_tile_;
}

void StridedCopy::run_tile(const std::byte* src, std::byte* dst, int64_t tile) const {
  const int64_t begin = tile / cuts_ * outer_per_tile_;
  const int64_t end = std::min(begin + outer_per_tile_, outer_count_);
  const int64_t first = tile % cuts_ * cut_;
  src += src_offset_;
  dst += dst_offset_;
  Unit unit = unit_;
  int64_t& length = unit_.rows > 1 ? unit.rows : unit.columns;
  length = std::min(cut_, length - first);
  src += first * (unit_.rows > 1 ? unit_.src_row : unit_.src_column);
  dst += first * (unit_.rows > 1 ? unit_.dst_row : unit_.dst_column);

  std::array<int64_t, kMaxAxes> index{};
  int64_t rest = begin;
  for (int i = outer_ - 1; i >= 0; --i) {
    index[i] = rest % axes_[i].extent;
    rest /= axes_[i].extent;
    src += index[i] * axes_[i].src_stride;
    dst += index[i] * axes_[i].dst_stride;
  }
  for (int64_t outer = begin; outer < end; ++outer) {
    if (transpose_ != nullptr && aligned(src, element_bytes_) && aligned(dst, element_bytes_))
      transpose_(src, dst, unit.rows, unit.columns, unit.src_column / element_bytes_,
                 unit.dst_row / element_bytes_);
    else
      walk_(src, dst, unit);
    for (int i = outer_ - 1; i >= 0; --i) {
      src += axes_[i].src_stride;
      dst += axes_[i].dst_stride;
      if (++index[i] < axes_[i].extent) break;
      src -= axes_[i].extent * axes_[i].src_stride;
      dst -= axes_[i].extent * axes_[i].dst_stride;
      index[i] = 0;
    }
  }
}

void StridedCopy::run(const std::byte* src, std::byte* dst, ThreadTeam& team) const {
  if (tiles() == 1) return run_tile(src, dst, 0);
  team.parallel_for(tiles(), [&](int64_t tile) { run_tile(src, dst, tile); });
}

}  // namespace lite
