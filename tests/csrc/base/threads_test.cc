// SPDX-License-Identifier: Apache-2.0
#include "base/threads.h"

#include <atomic>
#include <vector>

#include "check.h"

namespace {

void every_tile_runs_once(int threads) {
  lite::ThreadTeam team(threads);
  CHECK(team.size() == threads);
  for (int64_t tiles : {0, 1, 2, 3, 7, 64, 1000}) {
    std::vector<std::atomic<int>> runs(static_cast<size_t>(tiles));
    team.parallel_for(tiles, [&](int64_t tile) { runs[static_cast<size_t>(tile)].fetch_add(1); });
    for (const std::atomic<int>& count : runs) CHECK(count.load() == 1);
  }
}

void threads_are_told_apart(int threads) {
  lite::ThreadTeam team(threads);
  std::vector<std::atomic<int>> inside(static_cast<size_t>(threads));
  std::atomic<int> clashes{0};
  team.parallel_for_with_thread(2000, [&](int64_t, int thread) {
    std::atomic<int>& mine = inside[static_cast<size_t>(thread)];
    if (mine.fetch_add(1) != 0) clashes.fetch_add(1);
    mine.fetch_sub(1);
  });
  CHECK(clashes.load() == 0);
}

// What a job wrote is seen by the next one, and by the caller, round after round.
void rounds_see_each_other(int threads) {
  lite::ThreadTeam team(threads);
  std::vector<int64_t> numbers(97, 0);
  for (int round = 0; round < 3000; ++round) {
    const int64_t shift = round;  // each tile is likely to move to another thread
    team.parallel_for(
        97, [&](int64_t tile) { numbers[static_cast<size_t>((tile + shift) % 97)] += 1; });
  }
  for (int64_t number : numbers) CHECK(number == 3000);
}

}  // namespace

int main() {
  for (int threads : {1, 2, 3, 4, 9}) {
    every_tile_runs_once(threads);
    threads_are_told_apart(threads);
    rounds_see_each_other(threads);
  }
  return check_result();
}
