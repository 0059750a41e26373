// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "ops/checks.h"
#include "ops/movement/elements.h"
#include "ops/movement/strided_copy.h"
#include "ops/op.h"

namespace lite {
namespace {

constexpr int64_t kValue = -1;  // a position that holds the value

// Position in the input that position `at` of the padded axis shows; the input begins at 0.
int64_t source_position(const std::string& mode, int64_t at, int64_t extent) {
  if (at >= 0 && at < extent) return at;
  if (mode == "edge") return std::clamp<int64_t>(at, 0, extent - 1);
  if (mode == "wrap") return (at % extent + extent) % extent;
  if (mode == "reflect") {
    const int64_t period = std::max<int64_t>(2 * (extent - 1), 1);
    return extent - 1 - std::abs((at % period + period) % period - (extent - 1));
  }
  return kValue;
}

// Rows are the axes before the last padded one; a row is a list of pieces along that axis.
class Pad final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(check(context));
    const Tensor& x = context.inputs[0];
    const Shape& y = context.outputs[0].shape;
    const Span<const int64_t> before = context.attributes->integers("before");
    const std::string mode = context.attributes->text("mode", "constant");
    if (y.count() == 0) return Status();
    int last = y.rank - 1;
    while (last > 0 && before[last] == 0 && x.shape[last] == y[last]) --last;
    element_bytes_ = dtype_size_bytes(x.dtype);
    set_value(x.dtype, context.attributes->real("value", 0.0f));
    int64_t stride = 1;
    for (int axis = y.rank - 1; axis >= 0; --axis) {
      if (axis < last) {
        extents_.insert(extents_.begin(), y[axis]);
        sources_.insert(sources_.begin(), std::vector<int64_t>());
        for (int64_t at = 0; at < y[axis]; ++at)
          sources_.front().push_back(
              scaled(source_position(mode, at - before[axis], x.shape[axis]), stride));
      }
      if (axis == last) add_pieces(mode, before[axis], x.shape[axis], y[axis], stride);
      stride *= x.shape[axis];
    }
    if (y.rank == 0) pieces_.push_back({0, 1});
    row_elements_ = y.count(std::max(last, 0), y.rank);
    rows_ = y.count(0, std::max(last, 0));
    rows_per_tile_ = std::max<int64_t>(kTileElements / row_elements_, 1);
    return Status();
  }

  void run(const RunContext& context) override {
    const std::byte* x = context.inputs[0].data;
    std::byte* y = context.outputs[0].data;
    const int64_t tiles = (rows_ + rows_per_tile_ - 1) / rows_per_tile_;
    const auto fill_tile = [&](int64_t tile) {
      const int64_t end = std::min((tile + 1) * rows_per_tile_, rows_);
      for (int64_t row = tile * rows_per_tile_; row < end; ++row) fill_row(x, y, row);
    };
    if (tiles == 1) return fill_tile(0);
    context.team->parallel_for(tiles, fill_tile);
  }

 private:
  static constexpr int64_t kTileElements = 16 * 1024;

  // Elements of the input from `start` on, or of the value.
  struct Piece {
    int64_t start;
    int64_t count;
  };

  static Status check(const PrepareContext& context) {
    LITE_RETURN_IF_ERROR(check_operands(context, 1, 1));
    const Tensor& x = context.inputs[0];
    const Tensor& y = context.outputs[0];
    const size_t rank = static_cast<size_t>(x.shape.rank);
    LITE_RETURN_IF_ERROR(check_dtype("the output", y.dtype, x.dtype));
    LITE_RETURN_IF_ERROR(check_rank("the output", y.shape, x.shape.rank));
    const Span<const int64_t> before = context.attributes->integers("before");
    LITE_RETURN_IF_ERROR(check_count("before", before, rank));
    constexpr int64_t kMost = 1 << 24;
    for (size_t axis = 0; axis < rank; ++axis) {
      LITE_RETURN_IF_ERROR(check_range("an element of before", before[axis], -kMost, kMost));
      LITE_RETURN_IF_ERROR(check_range("an extent", y.shape[static_cast<int>(axis)], 0, kMost));
    }
    const std::string mode = context.attributes->text("mode", "constant");
    if (mode == "constant" || x.shape.count() > 0 || y.shape.count() == 0) return Status();
    return error(Code::k_bad_shape, "an input without elements cannot be padded by mode %s",
                 mode.c_str());
  }

  static int64_t scaled(int64_t position, int64_t stride) {
    return position == kValue ? kValue : position * stride;
  }

  void add_pieces(const std::string& mode, int64_t before, int64_t extent, int64_t padded,
                  int64_t run) {
    for (int64_t at = 0; at < padded; ++at) {
      const int64_t start = scaled(source_position(mode, at - before, extent), run);
      const bool follows =
          !pieces_.empty() &&
          (start == kValue ? pieces_.back().start == kValue
                           : pieces_.back().start != kValue &&
                                 pieces_.back().start + pieces_.back().count == start);
      if (follows)
        pieces_.back().count += run;
      else
        pieces_.push_back({start, run});
    }
  }

  template <class T>
  void keep_value(T value) {
    std::memcpy(value_, &value, sizeof(value));
  }

  // Integers keep the low bits of the whole number.
  void set_value(DType dtype, float value) {
    if (dtype == DType::f32) return keep_value(value);
    if (dtype == DType::f64) return keep_value(static_cast<double>(value));
    if (dtype == DType::boolean) return keep_value(static_cast<uint8_t>(value != 0.0f));
    const float bounded = value == value ? std::clamp(value, -9e18f, 9e18f) : 0.0f;
    const int64_t whole = static_cast<int64_t>(bounded);
    with_cell(element_bytes_, [&](auto cell) { keep_value(static_cast<decltype(cell)>(whole)); });
  }

  void fill_row(const std::byte* x, std::byte* y, int64_t row) const {
    const int64_t bytes = static_cast<int64_t>(element_bytes_);
    y += row * row_elements_ * bytes;
    for (size_t axis = extents_.size(); axis-- > 0; row /= extents_[axis]) {
      const int64_t source = sources_[axis][static_cast<size_t>(row % extents_[axis])];
      if (source == kValue) return fill_elements(y, row_elements_, value_, element_bytes_);
      x += source * bytes;
    }
    for (const Piece& piece : pieces_) {
      if (piece.start == kValue)
        fill_elements(y, piece.count, value_, element_bytes_);
      else
        std::memcpy(y, x + piece.start * bytes, static_cast<size_t>(piece.count * bytes));
      y += piece.count * bytes;
    }
  }

  std::vector<int64_t> extents_;               // of the rows' axes
  std::vector<std::vector<int64_t>> sources_;  // of each of them: element of the input, or kValue
  std::vector<Piece> pieces_;
  alignas(8) std::byte value_[8] = {};
  size_t element_bytes_ = 1;
  int64_t rows_ = 0, row_elements_ = 1, rows_per_tile_ = 1;
};

}  // namespace
}  // namespace lite

LITE_OP(pad, Pad, "before after mode value", "f32 f64 s8 u8 s16 u16 s32 u32 s64 u64 bool", 0)
