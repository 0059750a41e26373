// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/tasks.h"

#include <vector>

#include "check.h"

namespace {

using lite::linear::GemmTasks;
using lite::linear::Range;
using lite::linear::RoundedTasks;
using lite::linear::StripTasks;
using lite::linear::TaskSize;

// Every element is in one task, blocks of columns are whole panels, and rows come in order.
void tasks_cover_the_product(int64_t m, int64_t n, int64_t k, const TaskSize& least) {
  const GemmTasks tasks(m, n, 1, k, k * 4, least);
  std::vector<int> covered(static_cast<size_t>(m * n), 0);
  int64_t last_row = 0;
  for (int64_t task = 0; task < tasks.count(); ++task) {
    const Range rows = tasks.rows(task), columns = tasks.columns(task);
    CHECK(rows.size() > 0 && rows.size() <= tasks.greatest_rows());
    CHECK(columns.begin % 16 == 0 && columns.size() > 0);
    CHECK(columns.end % 16 == 0 || columns.end == n);
    CHECK(rows.begin >= last_row);
    last_row = rows.begin;
    for (int64_t row = rows.begin; row < rows.end; ++row)
      for (int64_t column = columns.begin; column < columns.end; ++column)
        ++covered[static_cast<size_t>(row * n + column)];
  }
  for (int count : covered) CHECK(count == 1);
}

// Between the halves of the tasks, which two threads take, is at most one tile of columns.
void halves_are_alike(int64_t m, int64_t n, int64_t k) {
  const GemmTasks tasks(m, n, 1, k, k * 4, lite::linear::kTaskOfFloats);
  int64_t halves[2] = {0, 0};
  for (int64_t task = 0; task < tasks.count(); ++task)
    halves[task * 2 / tasks.count()] += tasks.rows(task).size() * tasks.columns(task).size();
  const int64_t difference = halves[0] > halves[1] ? halves[0] - halves[1] : halves[1] - halves[0];
  CHECK(difference <= tasks.greatest_rows() * 48);
}

// Every element is in one task, of whole pairs of tiles, and the greater side is what is cut.
void rounded_tasks_cover_the_product(int64_t m, int64_t n, int64_t depth, int64_t row_bytes) {
  const RoundedTasks tasks(m, n, depth, row_bytes);
  std::vector<int> covered(static_cast<size_t>(m * n), 0);
  for (int64_t task = 0; task < tasks.count(); ++task) {
    const Range rows = tasks.rows(task), columns = tasks.columns(task);
    CHECK(rows.size() > 0 && rows.size() <= tasks.greatest_rows() && columns.size() > 0);
    CHECK(rows.begin % 32 == 0 && columns.begin % 32 == 0);
    for (int64_t row = rows.begin; row < rows.end; ++row)
      for (int64_t column = columns.begin; column < columns.end; ++column)
        ++covered[static_cast<size_t>(row * n + column)];
  }
  for (int count : covered) CHECK(count == 1);
  const bool more_weights = n * depth * 2 > m * row_bytes;
  CHECK(tasks.column_blocks() == 1 || more_weights);
  if (m * n * depth >= 16000000 && (more_weights ? n : m) >= 256) CHECK(tasks.count() > 1);
}

void strips_cover_the_image(int64_t rows, int64_t channels, int64_t pixels, bool by_rows) {
  const StripTasks tasks(rows, channels, pixels);
  std::vector<int> covered(static_cast<size_t>(rows * channels), 0);
  CHECK(tasks.count() == rows * channels);
  for (int64_t task = 0; task < tasks.count(); ++task) {
    ++covered[static_cast<size_t>(tasks.row(task) * channels + tasks.channel(task))];
    if (task > 0)
      CHECK(by_rows ? tasks.row(task) >= tasks.row(task - 1)
                    : tasks.channel(task) >= tasks.channel(task - 1));
  }
  for (int count : covered) CHECK(count == 1);
}

}  // namespace

int main() {
  for (int64_t m : {1, 7, 49, 95, 96, 196, 700})
    for (int64_t n : {1, 16, 24, 160, 256})
      for (int64_t k : {3, 160, 1024}) {
        tasks_cover_the_product(m, n, k, lite::linear::kTaskOfFloats);
        tasks_cover_the_product(m, n, k, lite::linear::kTaskOfBytes);
        tasks_cover_the_product(m, n, k, lite::linear::kTaskOfUnits);
      }
  for (int64_t m : {1, 31, 32, 49, 196, 700, 3136})
    for (int64_t n : {1, 16, 33, 64, 1000})
      for (int64_t depth : {4, 160, 4608}) {
        rounded_tasks_cover_the_product(m, n, depth, depth * 2);
        rounded_tasks_cover_the_product(m, n, depth, depth * 2 / 9 + 2);
      }
  CHECK(RoundedTasks(0, 5, 5, 5).count() == 0);
  halves_are_alike(196, 64, 384);
  halves_are_alike(196, 256, 1024);
  halves_are_alike(49, 160, 960);
  halves_are_alike(49, 960, 160);
  strips_cover_the_image(5, 3, 196, true);
  strips_cover_the_image(4, 4, 49, false);
  return check_result();
}
