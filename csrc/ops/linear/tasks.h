// SPDX-License-Identifier: Apache-2.0
// How the rows and columns of a GEMM are cut into tasks. The cut depends on the extents only.
#pragma once

#include <cstdint>

namespace lite::linear {

struct Range {
  int64_t begin = 0, end = 0;
  [[nodiscard]] int64_t size() const { return end - begin; }
};

// What is worth a task of its own.
struct TaskSize {
  int64_t multiplications;
  int64_t columns, column_step, row_step;
};
inline constexpr TaskSize kTaskOfFloats = {200000, 48, 48, 1};  // whole tiles of the widest kernels
inline constexpr TaskSize kTaskOfBytes = {1000000, 64, 16, 1};
inline constexpr TaskSize kTaskOfUnits = {1000000, 64, 16, 6};   // whole tiles of low kernels
inline constexpr TaskSize kTaskOfTiles = {4000000, 256, 64, 1};  // of matrix instructions

class GemmTasks {
 public:
  GemmTasks() = default;
  // A GEMM of m rows, n columns and a depth of `taps` rows of k; each row of A adds so many
  // fresh bytes, which no row before it has read.
  GemmTasks(int64_t m, int64_t n, int64_t taps, int64_t k, int64_t fresh_bytes,
            const TaskSize& least);

  [[nodiscard]] int64_t count() const { return row_blocks_ * column_blocks_; }
  [[nodiscard]] int64_t greatest_rows() const;
  [[nodiscard]] Range rows(int64_t task) const;
  [[nodiscard]] Range columns(int64_t task) const;

 private:
  void cut_columns(int64_t unit);
  [[nodiscard]] int64_t first_row(int64_t block) const;
  [[nodiscard]] Range column_range(int64_t block) const;

  int64_t m_ = 0, n_ = 0;
  int64_t row_step_ = 1, row_blocks_ = 0, column_blocks_ = 0;
  int64_t unit_ = 1, units_ = 0;  // blocks of columns are whole units: panels or tiles
};

// The same for products so fast that what is read decides: the greater of both sides is cut, so
// that no thread reads all of it. Blocks are whole pairs of tiles of the kernels that have tiles.
class RoundedTasks {
 public:
  RoundedTasks() = default;
  // Rows of A have so many fresh bytes.
  RoundedTasks(int64_t m, int64_t n, int64_t depth, int64_t fresh_bytes);

  [[nodiscard]] int64_t count() const { return row_blocks_ * column_blocks_; }
  [[nodiscard]] int64_t column_blocks() const { return column_blocks_; }
  [[nodiscard]] int64_t greatest_rows() const;
  [[nodiscard]] Range rows(int64_t task) const;
  [[nodiscard]] Range columns(int64_t task) const;

 private:
  int64_t m_ = 0, n_ = 0;
  int64_t row_blocks_ = 0, column_blocks_ = 0;
};

// Which part of an image, cut by rows and by channels, a task is. Threads share what the layers
// around, which are GEMMs, make them share: the rows of images that GemmTasks cuts by rows, the
// channels of smaller ones.
class StripTasks {
 public:
  StripTasks() = default;
  StripTasks(int64_t row_tasks, int64_t channel_tasks, int64_t pixels);

  [[nodiscard]] int64_t count() const { return row_tasks_ * channel_tasks_; }
  [[nodiscard]] int64_t row(int64_t task) const;
  [[nodiscard]] int64_t channel(int64_t task) const;

 private:
  int64_t row_tasks_ = 0, channel_tasks_ = 0;
  bool by_rows_ = false;
};

// Rows and channels of those parts, for convolutions that take each channel by itself.
class StripCut {
 public:
  StripCut() = default;
  // Of an image of outputs; `task_channels` are what a task takes, the last one takes the rest,
  // too.
  StripCut(int64_t height, int64_t width, int64_t channels, int64_t task_channels);

  [[nodiscard]] int64_t count() const { return tasks_.count(); }
  [[nodiscard]] Range rows(int64_t task) const;
  [[nodiscard]] Range channels(int64_t task) const;

 private:
  int64_t height_ = 0, channels_ = 0;
  int64_t task_rows_ = 0, task_channels_ = 0;  // the rows are even, for the kernels
  StripTasks tasks_;
};

}  // namespace lite::linear
