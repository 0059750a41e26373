// SPDX-License-Identifier: Apache-2.0
#include "base/threads.h"

#ifdef __linux__
#include <dirent.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#endif

#include <atomic>
#include <vector>

#include "base/futex.h"
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

// A step whose jobs are known to be short is run by the caller, and every run measures it anew.
void short_steps_stay_with_the_caller(int threads) {
  lite::ThreadTeam team(threads);
  lite::JobTime time;
  time.usual_ns = 1;
  std::atomic<int> elsewhere{0};
  team.begin_step(&time);
  team.parallel_for_with_thread(1000, [&](int64_t, int thread) {
    if (thread != 0) elsewhere.fetch_add(1);
  });
  team.begin_step(nullptr);
  CHECK(elsewhere.load() == 0);
  lite::JobTime unknown;
  std::atomic<bool> caller_works{false};
  team.begin_step(&unknown);
  team.parallel_for_with_thread(1000, [&](int64_t, int thread) {
    if (thread == 0) caller_works.store(true);
    while (!caller_works.load()) lite::spin_pause();
  });
  team.begin_step(nullptr);
  CHECK((unknown.usual_ns == UINT64_MAX) == (threads == 1));
}

#ifdef __linux__

std::atomic<int> held{0};
std::atomic<bool> holding{false};

void nap() {
  const timespec millisecond = {0, 1000000};
  nanosleep(&millisecond, nullptr);
}

void hold(int) {
  const int error = errno;
  held.fetch_add(1);
  while (holding.load()) nap();
  held.fetch_sub(1);
  errno = error;
}

std::vector<pid_t> other_threads() {
  std::vector<pid_t> ids;
  DIR* folder = opendir("/proc/self/task");
  if (folder == nullptr) return ids;
  while (const dirent* entry = readdir(folder)) {
    const pid_t id = static_cast<pid_t>(std::atol(entry->d_name));
    if (id > 0 && id != getpid()) ids.push_back(id);
  }
  closedir(folder);
  return ids;
}

// Jobs end though other work keeps every worker from its processor, and late workers do no harm.
void workers_held_up_are_not_waited_for(int threads) {
  lite::ThreadTeam team(threads);
  std::vector<std::atomic<int>> runs(97);
  const auto count = [&](int64_t tile) { runs[static_cast<size_t>(tile)].fetch_add(1); };
  team.parallel_for(97, count);
  const std::vector<pid_t> workers = other_threads();
  CHECK(workers.size() >= static_cast<size_t>(threads - 1));  // a sanitizer may have one, too
  signal(SIGUSR1, hold);
  holding.store(true);
  for (pid_t id : workers) syscall(SYS_tgkill, getpid(), id, SIGUSR1);
  while (held.load() < threads - 1) nap();
  for (int round = 0; round < 20; ++round) team.parallel_for(97, count);
  holding.store(false);
  for (int round = 0; round < 2000; ++round) team.parallel_for(97, count);
  while (held.load() != 0) nap();
  for (const std::atomic<int>& number : runs) CHECK(number.load() == 2021);
}

#else

void workers_held_up_are_not_waited_for(int) {}

#endif

}  // namespace

int main() {
  for (int threads : {1, 2, 3, 4, 9}) {
    every_tile_runs_once(threads);
    threads_are_told_apart(threads);
    rounds_see_each_other(threads);
    short_steps_stay_with_the_caller(threads);
    workers_held_up_are_not_waited_for(threads);
  }
  return check_result();
}
