// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/tasks.h"

#include <algorithm>

#include "ops/linear/arguments.h"

namespace lite::linear {
namespace {

constexpr int64_t kRowsBytes = 256 << 10;  // of A, to stay in the second cache
constexpr int64_t kGreatestRows = 256;
constexpr int64_t kLeastRows = 48;  // fewer read the weights too often
constexpr int64_t kGreatestPointers = 8192;
constexpr int64_t kWantedTasks = 8;

int64_t bounded(int64_t x, int64_t lo, int64_t hi) { return std::min(hi, std::max(lo, x)); }

}  // namespace

GemmTasks::GemmTasks(int64_t m, int64_t n, int64_t taps, int64_t k, int64_t fresh_bytes,
                     const TaskSize& least)
    : m_(m), n_(n) {
  if (m == 0 || n == 0) return;
  const int64_t cached = kRowsBytes / std::max<int64_t>(fresh_bytes, 1);
  const int64_t pointers = kGreatestPointers / std::max<int64_t>(taps, 1);
  const int64_t rows = bounded(std::min(cached, pointers), kLeastRows, kGreatestRows);
  const double work =
      static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(taps * k);
  const double tasks = work / static_cast<double>(least.multiplications);
  const int64_t wanted =
      tasks < kWantedTasks ? std::max<int64_t>(1, static_cast<int64_t>(tasks)) : kWantedTasks;
  row_blocks_ = ceil_div(m, rows);
  column_blocks_ = bounded(ceil_div(wanted, row_blocks_), 1, ceil_div(n, least.columns));
  columns_ = ceil_div(ceil_div(n, least.column_step), column_blocks_) * least.column_step;
  column_blocks_ = ceil_div(n, columns_);
  const int64_t more = std::min(ceil_div(wanted, column_blocks_), m / kLeastRows);
  row_blocks_ = std::max(row_blocks_, more);
}

int64_t GemmTasks::greatest_rows() const {
  return row_blocks_ == 0 ? 0 : ceil_div(m_, row_blocks_);
}

Range GemmTasks::rows(int64_t task) const {
  const int64_t block = task % row_blocks_;
  return {m_ * block / row_blocks_, m_ * (block + 1) / row_blocks_};
}

Range GemmTasks::columns(int64_t task) const {
  const int64_t block = task / row_blocks_;
  return {block * columns_, std::min(n_, (block + 1) * columns_)};
}

}  // namespace lite::linear
