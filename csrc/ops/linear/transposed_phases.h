// SPDX-License-Identifier: Apache-2.0
// Transposed convolution without scattering: output pixels whose positions leave the same remainder
// by the strides (a phase) take the same taps, so each row of a phase is one GEMM that gathers its
// inputs.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "ops/linear/arguments.h"
#include "ops/linear/weights.h"

namespace lite::linear {

// Inputs are x [n, h, w, c] and weights [in, out / groups, kh, kw], not packed; reads output_pads.
[[nodiscard]] Status check_transposed(const PrepareContext& context, const Window& window);

class TransposedPhases {
 public:
  // A tap of a phase: output position t * stride + phase reads input position t + shift.
  struct Tap {
    int64_t row_shift, column_shift, kernel_offset;
  };
  struct Phase {
    int64_t row, column;  // of its first output pixel
    std::vector<Tap> taps;
  };
  // A row of the output's pixels of one phase.
  struct Line {
    size_t phase;
    int64_t row;
  };

  [[nodiscard]] Status prepare(const Window& window, const Shape& x, const Shape& y);

  [[nodiscard]] const std::vector<Phase>& all() const { return phases_; }
  [[nodiscard]] int64_t lines() const { return out_.height * columns_; }
  [[nodiscard]] Line line(int64_t index) const {
    const int64_t row = index / columns_;
    return {static_cast<size_t>(row % window_.stride_height * columns_ + index % columns_), row};
  }
  // Of outputs, side by side, that a row of a GEMM makes.
  [[nodiscard]] int64_t pixels() const { return pixels_; }
  // Rows of a line's GEMM.
  [[nodiscard]] int64_t width_of(const Phase& phase) const;
  // The phase's weights.
  [[nodiscard]] Columns columns_of(const Phase& phase, const Shape& weights) const;
  // Entries of the greatest table.
  [[nodiscard]] size_t greatest_table() const;
  // Entry tap * width + i is the input pixel of the line's pixel i. x is the image, at the group's
  // first channel; pixels beside it are `padding`.
  template <class T>
  void point_at_inputs(const Phase& phase, int64_t row, const T* x, const T* padding,
                       const T** table) const {
    const int64_t m = width_of(phase);
    for (const Tap& tap : phase.taps) {
      const int64_t y = row / window_.stride_height + tap.row_shift;
      const bool inside = y >= 0 && y < in_.height;
      const int64_t begin = inside ? std::clamp<int64_t>(-tap.column_shift, 0, m) : m;
      const int64_t end = std::clamp(in_.width - tap.column_shift, begin, m);
      const int64_t first = y * in_.width + tap.column_shift;  // pixel of i = 0
      for (int64_t i = 0; i < begin; ++i) table[i] = padding;
      for (int64_t i = begin; i < end; ++i) table[i] = x + (first + i) * in_.channels;
      for (int64_t i = end; i < m; ++i) table[i] = padding;
      table += m;
    }
  }

 private:
  [[nodiscard]] bool windows_lie_side_by_side() const;
  void add_phase(int64_t row, int64_t column);

  Window window_;
  Image in_, out_;
  std::vector<Phase> phases_;  // by row, then by column
  int64_t columns_ = 0;        // of phases
  int64_t pixels_ = 1;
};

}  // namespace lite::linear
