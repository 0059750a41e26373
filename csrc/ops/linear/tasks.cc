// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/tasks.h"

#include <algorithm>

#include "kernels/gemm/gemm.h"
#include "ops/linear/arguments.h"

namespace lite::linear {
namespace {

constexpr int64_t kRowsBytes = 256 << 10;  // of A, to stay in the second cache
constexpr int64_t kGreatestRows = 256;
constexpr int64_t kLeastRows = 48;  // fewer read the weights too often
constexpr int64_t kGreatestPointers = 8192;
constexpr int64_t kWantedTasks = 8;
constexpr int64_t kWantedStrips = 16;
constexpr int64_t kRoundedUnit = 32;  // rows or columns
constexpr int64_t kRoundedRows = 512;
constexpr int64_t kRoundedWork = 2000000;  // multiplications that are worth a task
constexpr int64_t kRoundedBytes = 2;

int64_t bounded(int64_t x, int64_t lo, int64_t hi) { return std::min(hi, std::max(lo, x)); }

}  // namespace

GemmTasks::GemmTasks(int64_t m, int64_t n, int64_t taps, int64_t k, int64_t fresh_bytes,
                     const TaskSize& least)
    : m_(m), n_(n), row_step_(least.row_step) {
  if (m == 0 || n == 0) return;
  const int64_t cached = kRowsBytes / std::max<int64_t>(fresh_bytes, 1);
  const int64_t pointers = kGreatestPointers / std::max<int64_t>(taps, 1);
  const int64_t rows = bounded(std::min(cached, pointers), kLeastRows, kGreatestRows);
  const double work =
      static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(taps * k);
  const double tasks = work / static_cast<double>(least.multiplications);
  const int64_t wanted =
      tasks < kWantedTasks ? std::max<int64_t>(1, static_cast<int64_t>(tasks)) : kWantedTasks;
  row_blocks_ = std::max(ceil_div(m, rows), std::min(wanted, m / kLeastRows));
  column_blocks_ = bounded(ceil_div(wanted, row_blocks_), 1, ceil_div(n, least.columns));
  // Panels make more even blocks than whole tiles do, if they do not cut a tile in two.
  cut_columns(gemm::kPanel);
  int64_t tiles = 0;
  for (int64_t block = 0; block < column_blocks_; ++block)
    tiles += ceil_div(column_range(block).size(), least.column_step);
  if (tiles > ceil_div(n, least.column_step)) cut_columns(least.column_step);
}

void GemmTasks::cut_columns(int64_t unit) {
  unit_ = unit;
  units_ = ceil_div(n_, unit);
}

int64_t GemmTasks::greatest_rows() const {
  return row_blocks_ == 0 ? 0 : std::min(m_, ceil_div(m_, row_blocks_) + row_step_ - 1);
}

int64_t GemmTasks::first_row(int64_t block) const {
  return block == row_blocks_ ? m_ : m_ * block / row_blocks_ / row_step_ * row_step_;
}

// Blocks of rows one after another, each with all of its columns: threads share the rows, so that
// what one wrote in the layer before is mostly what it reads in this one.
Range GemmTasks::rows(int64_t task) const {
  const int64_t block = task / column_blocks_;
  return {first_row(block), first_row(block + 1)};
}

Range GemmTasks::columns(int64_t task) const { return column_range(task % column_blocks_); }

Range GemmTasks::column_range(int64_t block) const {
  return {units_ * block / column_blocks_ * unit_,
          std::min(n_, units_ * (block + 1) / column_blocks_ * unit_)};
}

RoundedTasks::RoundedTasks(int64_t m, int64_t n, int64_t depth, int64_t fresh_bytes)
    : m_(m), n_(n) {
  if (m == 0 || n == 0) return;
  const double work = static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(depth);
  const int64_t wanted = bounded(
      static_cast<int64_t>(std::min<double>(work / kRoundedWork, kWantedTasks)), 1, kWantedTasks);
  const int64_t cached = kRowsBytes / std::max<int64_t>(fresh_bytes, 1);
  const bool by_columns = n * depth * kRoundedBytes > m * fresh_bytes;
  const int64_t rows = by_columns ? kRoundedRows : bounded(cached, 2 * kRoundedUnit, kRoundedRows);
  const int64_t row_units = ceil_div(m, kRoundedUnit);
  row_blocks_ = ceil_div(row_units, rows / kRoundedUnit);
  if (!by_columns) row_blocks_ = std::max(row_blocks_, std::min(wanted, row_units));
  column_blocks_ =
      by_columns ? std::min(ceil_div(wanted, row_blocks_), ceil_div(n, kRoundedUnit)) : 1;
}

int64_t RoundedTasks::greatest_rows() const {
  if (row_blocks_ == 0) return 0;
  return std::min(m_, ceil_div(ceil_div(m_, kRoundedUnit), row_blocks_) * kRoundedUnit);
}

// Blocks of rows with the same columns one after another: their weights are still there.
Range RoundedTasks::rows(int64_t task) const {
  const int64_t units = ceil_div(m_, kRoundedUnit), block = task % row_blocks_;
  return {units * block / row_blocks_ * kRoundedUnit,
          std::min(m_, units * (block + 1) / row_blocks_ * kRoundedUnit)};
}

Range RoundedTasks::columns(int64_t task) const {
  const int64_t units = ceil_div(n_, kRoundedUnit), block = task / row_blocks_;
  return {units * block / column_blocks_ * kRoundedUnit,
          std::min(n_, units * (block + 1) / column_blocks_ * kRoundedUnit)};
}

StripTasks::StripTasks(int64_t row_tasks, int64_t channel_tasks, int64_t pixels)
    : row_tasks_(row_tasks), channel_tasks_(channel_tasks), by_rows_(pixels >= 2 * kLeastRows) {}

int64_t StripTasks::row(int64_t task) const {
  return by_rows_ ? task / channel_tasks_ : task % row_tasks_;
}

int64_t StripTasks::channel(int64_t task) const {
  return by_rows_ ? task % channel_tasks_ : task / row_tasks_;
}

StripCut::StripCut(int64_t height, int64_t width, int64_t channels, int64_t task_channels)
    : height_(height), channels_(channels), task_channels_(task_channels) {
  const int64_t channel_tasks = std::max<int64_t>(channels / task_channels, 1);
  const int64_t row_tasks = ceil_div(kWantedStrips, channel_tasks);
  task_rows_ = std::max<int64_t>(ceil_div(ceil_div(height, row_tasks), 2) * 2, 2);
  tasks_ = StripTasks(ceil_div(height, task_rows_), channel_tasks, height * width);
}

Range StripCut::rows(int64_t task) const {
  const int64_t begin = tasks_.row(task) * task_rows_;
  return {begin, std::min(begin + task_rows_, height_)};
}

// None has fewer channels than the kernels need to stay within its range.
Range StripCut::channels(int64_t task) const {
  const int64_t begin = tasks_.channel(task) * task_channels_, end = begin + task_channels_;
  return {begin, end + task_channels_ > channels_ ? channels_ : end};
}

}  // namespace lite::linear
