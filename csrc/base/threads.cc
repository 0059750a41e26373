// SPDX-License-Identifier: Apache-2.0
#include "base/threads.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <vector>

#include "base/clock.h"
#include "base/futex.h"

namespace lite {
namespace {

constexpr uint64_t kSpinNs = 60000;  // about the cost of a futex sleep and wake-up, twice
constexpr int kPausesPerClockRead = 32;
constexpr size_t kCacheLine = 64;

int online_cores() {
#ifdef __linux__
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0) return CPU_COUNT(&set);
#endif
  return 1;
}

// How often this process is the child of a fork: threads do not survive one.
std::atomic<uint32_t> forks{0};

uint32_t watched_forks() {
  static const int registered = pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1); });
  (void)registered;
  return forks.load(std::memory_order_relaxed);
}

// Waits until the word differs from `old`: spins for a while, then sleeps. `sleepers` counts who
// sleeps.
uint32_t wait_for_change(std::atomic<uint32_t>& word, uint32_t old, uint64_t spin_ns,
                         std::atomic<int>& sleepers) {
  const uint64_t begin = spin_ns != 0 ? monotonic_ns() : 0;
  while (spin_ns != 0 && monotonic_ns() - begin < spin_ns) {
    for (int i = 0; i < kPausesPerClockRead; ++i) {
      const uint32_t now = word.load(std::memory_order_acquire);
      if (now != old) return now;
      spin_pause();
    }
  }
  sleepers.fetch_add(1, std::memory_order_seq_cst);
  uint32_t now = word.load(std::memory_order_seq_cst);
  while (now == old) {
    futex_wait(word, old);
    now = word.load(std::memory_order_acquire);
  }
  sleepers.fetch_sub(1, std::memory_order_relaxed);
  return now;
}

void wake_sleepers(std::atomic<uint32_t>& word, const std::atomic<int>& sleepers) {
  if (sleepers.load(std::memory_order_seq_cst) != 0) futex_wake_all(word);
}

}  // namespace

// A job is published by raising `generation`; each thread owns a range of tiles, and takes from the
// others' ranges when its own is empty. The last worker to finish brings `running` to 0.
struct ThreadTeam::State {
  struct alignas(kCacheLine) Range {
    std::atomic<int64_t> next{0};
    int64_t end = 0;
  };
  struct Worker {
    State* state;
    int index;
    pthread_t thread;
  };

  std::vector<Worker> workers;  // all threads but the caller
  std::vector<Range> ranges;    // one per thread, the caller's first
  uint64_t spin_ns = 0;
  uint32_t born_after_forks = watched_forks();
  Task task = nullptr;
  const void* body = nullptr;
  bool stop = false;
  alignas(kCacheLine) std::atomic<uint32_t> generation{0};
  std::atomic<int> sleeping_workers{0};
  alignas(kCacheLine) std::atomic<uint32_t> running{0};
  std::atomic<int> sleeping_caller{0};

  explicit State(size_t threads) : ranges(threads) {}

  // In a forked child only the caller is left.
  bool alone() const {
    return workers.empty() || forks.load(std::memory_order_relaxed) != born_after_forks;
  }

  void split(int64_t tiles) {
    const int64_t threads = static_cast<int64_t>(workers.size()) + 1;
    for (int64_t i = 0; i < threads; ++i) {
      ranges[static_cast<size_t>(i)].next.store(tiles * i / threads, std::memory_order_relaxed);
      ranges[static_cast<size_t>(i)].end = tiles * (i + 1) / threads;
    }
  }

  void work(int thread) {
    const size_t threads = workers.size() + 1;
    for (size_t i = 0; i < threads; ++i) {
      Range& range = ranges[(static_cast<size_t>(thread) + i) % threads];
      for (;;) {
        const int64_t tile = range.next.fetch_add(1, std::memory_order_relaxed);
        if (tile >= range.end) break;
        task(body, tile, thread);
      }
    }
  }

  void publish() {
    running.store(static_cast<uint32_t>(workers.size()), std::memory_order_relaxed);
    generation.fetch_add(1, std::memory_order_seq_cst);
    wake_sleepers(generation, sleeping_workers);
  }

  void wait_until_done() {
    for (uint32_t left = running.load(std::memory_order_acquire); left != 0;)
      left = wait_for_change(running, left, spin_ns, sleeping_caller);
  }

  static void* worker_loop(void* argument) {
    const Worker& worker = *static_cast<const Worker*>(argument);
    State& state = *worker.state;
    uint32_t seen = 0;
    for (;;) {
      seen = wait_for_change(state.generation, seen, state.spin_ns, state.sleeping_workers);
      if (state.stop) return nullptr;
      state.work(worker.index);
      if (state.running.fetch_sub(1, std::memory_order_seq_cst) == 1)
        wake_sleepers(state.running, state.sleeping_caller);
    }
  }
};

ThreadTeam::ThreadTeam(int threads)
    : state_(std::make_unique<State>(static_cast<size_t>(std::max(threads, 1)))) {
  state_->spin_ns = threads <= online_cores() ? kSpinNs : 0;
  state_->workers.reserve(
      static_cast<size_t>(std::max(threads, 1)));  // workers keep pointers into it
  for (int index = 1; index < threads; ++index) {
    state_->workers.push_back({state_.get(), index, {}});
    State::Worker& worker = state_->workers.back();
    if (pthread_create(&worker.thread, nullptr, State::worker_loop, &worker) != 0) {
      state_->workers.pop_back();  // the system gives no more threads: a smaller team
      break;
    }
  }
}

ThreadTeam::~ThreadTeam() {
  if (state_->alone()) return;
  state_->stop = true;
  state_->publish();
  for (const State::Worker& worker : state_->workers) pthread_join(worker.thread, nullptr);
}

int ThreadTeam::size() const { return static_cast<int>(state_->workers.size()) + 1; }

void ThreadTeam::run(int64_t tiles, Task task, const void* body) {
  if (tiles <= 1 || state_->alone()) {
    for (int64_t tile = 0; tile < tiles; ++tile) task(body, tile, 0);
    return;
  }
  state_->task = task;
  state_->body = body;
  state_->split(tiles);
  state_->publish();
  state_->work(0);
  state_->wait_until_done();
}

}  // namespace lite
