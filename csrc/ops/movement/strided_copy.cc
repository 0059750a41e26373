// SPDX-License-Identifier: Apache-2.0
#include "ops/movement/strided_copy.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "ops/movement/elements.h"

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
  if (lowest >= 0 && highest < place.tensor.reach()) return Status();
  return error(Code::k_bad_shape, "elements %lld to %lld are needed of a tensor of %lld",
               static_cast<long long>(lowest), static_cast<long long>(highest),
               static_cast<long long>(place.tensor.reach()));
}

void copy_runs(const std::byte* src, std::byte* dst, const Unit& unit) {
  const size_t run_bytes = static_cast<size_t>(unit.columns * unit.dst_column);
  for (int64_t row = 0; row < unit.rows; ++row)
    std::memcpy(dst + row * unit.dst_row, src + row * unit.src_row, run_bytes);
}

template <class T>
void copy_elements_of(const std::byte* src, std::byte* dst, const Unit& unit) {
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

void copy_elements(const std::byte* src, std::byte* dst, const Unit& unit, int64_t element_bytes) {
  with_cell(static_cast<size_t>(element_bytes),
            [&](auto cell) { copy_elements_of<decltype(cell)>(src, dst, unit); });
}

void repeat_elements(const std::byte* src, std::byte* dst, const Unit& unit,
                     int64_t element_bytes) {
  with_cell(static_cast<size_t>(element_bytes), [&](auto cell) {
    for (int64_t row = 0; row < unit.rows; ++row) {
      std::memcpy(&cell, src + row * unit.src_row, sizeof(cell));
      std::byte* to = dst + row * unit.dst_row;
      for (int64_t column = 0; column < unit.columns; ++column)
        std::memcpy(to + column * static_cast<int64_t>(sizeof(cell)), &cell, sizeof(cell));
    }
  });
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
  choose_walk();
  kernels_ = copy::kernels(isa).of(element_bytes_);
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

// Makes an axis that is a run of src the rows, if there is one.
bool StridedCopy::bring_run_of_src() {
  for (int i = outer_; i >= 0; --i) {
    if (axes_[i].src_stride != element_bytes_ || axes_[i].extent == 1) continue;
    if (axes_[i].dst_stride % element_bytes_ != 0) continue;
    std::swap(axes_[i], axes_[outer_]);
    return true;
  }
  return false;
}

void StridedCopy::choose_walk() {
  const CopyAxis column = axes_[outer_ + 1];
  const bool dense = column.dst_stride == element_bytes_;
  const bool strided =
      dense && column.src_stride > element_bytes_ && column.src_stride % element_bytes_ == 0;
  walk_ = dense && column.src_stride == element_bytes_ ? Walk::runs
          : dense && column.src_stride == 0            ? Walk::repeat
          : strided && bring_run_of_src()              ? Walk::transpose
          : strided                                    ? Walk::pick
                                                       : Walk::elements;
  const CopyAxis& row = axes_[outer_];
  unit_ = {row.extent,     column.extent,     row.src_stride,
           row.dst_stride, column.src_stride, column.dst_stride};
}

void StridedCopy::run_unit(const std::byte* src, std::byte* dst, const Unit& unit) const {
  if (walk_ == Walk::runs) return copy_runs(src, dst, unit);
  if (walk_ == Walk::repeat) return repeat_elements(src, dst, unit, element_bytes_);
  const bool typed = aligned(src, element_bytes_) && aligned(dst, element_bytes_);
  const int64_t stride = unit.src_column / element_bytes_;
  if (walk_ == Walk::transpose && typed)
    return kernels_.transpose(src, dst, unit.rows, unit.columns, stride,
                              unit.dst_row / element_bytes_);
  const bool rows_stay_aligned =
      unit.src_row % element_bytes_ == 0 && unit.dst_row % element_bytes_ == 0;
  if (walk_ != Walk::pick || !typed || !rows_stay_aligned)
    return copy_elements(src, dst, unit, element_bytes_);
  for (int64_t row = 0; row < unit.rows; ++row)
    kernels_.pick(src + row * unit.src_row, dst + row * unit.dst_row, unit.columns, stride);
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
    run_unit(src, dst, unit);
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
