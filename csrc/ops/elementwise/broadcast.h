// SPDX-License-Identifier: Apache-2.0
// numpy's broadcasting, worked out once: axes that advance alike are merged, and what is left is a
// list of rows, each of them contiguous in the output.
#pragma once

#include <array>
#include <cstdint>

#include "base/span.h"
#include "base/status.h"
#include "base/tensor.h"

namespace lite {

inline constexpr int kMaxOperands = 3;
using Strides = std::array<int64_t, kMaxOperands>;  // of each operand, in elements

class Broadcast {
 public:
  // At most kMaxOperands shapes, that together broadcast to exactly `output`.
  Status prepare(const Shape& output, Span<const Shape> operands);

  int64_t columns() const { return columns_; }  // of a row
  int64_t rows() const { return rows_; }        // of a block of rows
  int64_t blocks() const { return blocks_; }    // the output is blocks * rows * columns
  const Strides& column_steps() const { return column_steps_; }  // 0 or 1
  const Strides& row_strides() const { return row_strides_; }
  Strides block_offsets(int64_t block) const;

 private:
  struct Axis {
    int64_t extent;
    Strides strides;
  };
  void merge(const Shape& output, Span<const Shape> operands);

  std::array<Axis, kMaxRank> axes_{};  // outermost first; the last two became rows and columns
  int count_ = 0;
  int64_t columns_ = 1, rows_ = 1, blocks_ = 1;
  Strides column_steps_{}, row_strides_{};
};

}  // namespace lite
