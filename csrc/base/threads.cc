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
// Jobs that take less are not worth calling workers that spin, or that sleep.
constexpr uint64_t kWorthNs = 5000, kWorthWakingNs = 25000;
constexpr int kPausesPerClockRead = 32;
constexpr size_t kCacheLine = 64;
constexpr int64_t kGreatestTiles = UINT32_MAX;  // that are shared

constexpr size_t kStackBytes = 1 << 20;  // musl's own choice is 128 KB

size_t cores_for(const CoreChoice& choice) {
  return choice.cores.empty() ? usable_cores().indices().size() : choice.cores.size();
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

#ifdef __linux__
int current_processor() { return sched_getcpu(); }

// Moves this thread to another processor if it is on this one. The system would do so only
// milliseconds later, and let two threads of a team take turns until then.
void leave(int processor) {
  cpu_set_t usable;
  if (processor < 0 || sched_getcpu() != processor) return;
  if (sched_getaffinity(0, sizeof(usable), &usable) != 0) return;
  cpu_set_t others = usable;
  CPU_CLR(static_cast<size_t>(processor), &others);
  if (CPU_COUNT(&others) == 0 || sched_setaffinity(0, sizeof(others), &others) != 0) return;
  (void)sched_setaffinity(0, sizeof(usable), &usable);
}
#else
int current_processor() { return -1; }
void leave(int) {}
#endif

// Tiles [begin, end) that nobody has taken yet. Its owner takes them from one end, others from the
// other, so that the owner's stay together.
class alignas(kCacheLine) Range {
 public:
  void set(uint32_t begin, uint32_t end) {
    tiles_.store(uint64_t{end} << 32 | begin, std::memory_order_release);
  }

  [[nodiscard]] bool take(bool last, int64_t* tile) {
    return last ? take_last(tile) : take_first(tile);
  }

 private:
  bool take_first(int64_t* tile) {
    uint64_t tiles = tiles_.load(std::memory_order_relaxed);
    do {
      *tile = begin_of(tiles);
      if (begin_of(tiles) == end_of(tiles)) return false;
    } while (!exchange(tiles, tiles + 1));
    return true;
  }

  bool take_last(int64_t* tile) {
    uint64_t tiles = tiles_.load(std::memory_order_relaxed);
    do {
      *tile = int64_t{end_of(tiles)} - 1;
      if (begin_of(tiles) == end_of(tiles)) return false;
    } while (!exchange(tiles, tiles - (uint64_t{1} << 32)));
    return true;
  }

  static uint32_t begin_of(uint64_t tiles) { return static_cast<uint32_t>(tiles); }
  static uint32_t end_of(uint64_t tiles) { return static_cast<uint32_t>(tiles >> 32); }
  bool exchange(uint64_t& tiles, uint64_t wanted) {
    return tiles_.compare_exchange_weak(tiles, wanted, std::memory_order_acquire,
                                        std::memory_order_relaxed);
  }

  std::atomic<uint64_t> tiles_{0};
};

}  // namespace

// A job is its task, its body, and the ranges, of which each thread owns one. Who takes a tile may
// read task and body until it has counted the tile as done: the caller changes them only when all
// tiles are. A worker that takes none is not waited for, whenever it wakes; if that is during a
// later job it takes part in that one.
struct ThreadTeam::State {
  struct Worker {
    State* state;
    int index;
    pthread_t thread;
  };

  CoreChoice choice;
  CoreSet caller_cores;
  std::vector<Worker> workers;   // all threads but the caller
  std::vector<Range> ranges;     // one per thread, the caller's first
  std::vector<uint64_t> shares;  // of a job that belong to the threads before, per thread, and all
  uint64_t spin_ns = 0;
  uint32_t born_after_forks = watched_forks();
  Task task = nullptr;
  const void* body = nullptr;
  // Every other job begins with its last tiles: they mostly read what the job before wrote last,
  // which is still in the caches.
  std::atomic<bool> backward{false};
  std::atomic<bool> stop{false};
  alignas(kCacheLine) std::atomic<uint32_t> generation{0};  // raised to call the workers
  std::atomic<int> sleeping_workers{0};
  std::atomic<int> caller_processor{-1};              // when it wakes them, else -1
  alignas(kCacheLine) std::atomic<uint32_t> left{0};  // tiles that are not done
  std::atomic<int> sleeping_caller{0};

  State(size_t threads, const CoreChoice& where)
      : choice(where), caller_cores(where.cores_of(0)), ranges(threads), shares{0} {
    for (size_t i = 0; i < threads; ++i)
      shares.push_back(shares[i] + (i < where.speeds.size() ? where.speeds[i] : 1));
  }

  // In a forked child only the caller is left.
  bool alone() const {
    return workers.empty() || forks.load(std::memory_order_relaxed) != born_after_forks;
  }

  bool workers_sleep() const { return sleeping_workers.load(std::memory_order_relaxed) != 0; }

  void run_alone(int64_t tiles, Task alone_task, const void* alone_body) const {
    const int64_t last = backward.load(std::memory_order_relaxed) ? tiles - 1 : 0;
    for (int64_t i = 0; i < tiles; ++i) alone_task(alone_body, last == 0 ? i : last - i, 0);
  }

  void publish(uint32_t tiles, Task new_task, const void* new_body) {
    const size_t threads = workers.size() + 1;
    task = new_task;
    body = new_body;
    left.store(tiles, std::memory_order_relaxed);
    for (size_t i = 0; i < threads; ++i)
      ranges[i].set(static_cast<uint32_t>(tiles * shares[i] / shares[threads]),
                    static_cast<uint32_t>(tiles * shares[i + 1] / shares[threads]));
    call_workers();
  }

  void call_workers() {
    const int processor = spin_ns != 0 && workers_sleep() ? current_processor() : -1;
    caller_processor.store(processor, std::memory_order_relaxed);
    generation.fetch_add(1, std::memory_order_seq_cst);
    wake_sleepers(generation, sleeping_workers);
  }

  // Does tiles while there are any, and counts them as done. Returns how many it did.
  uint32_t work(int thread) {
    const size_t own = static_cast<size_t>(thread);
    const bool from_last = backward.load(std::memory_order_relaxed);
    uint32_t done = 0;
    int64_t tile = 0;
    for (; ranges[own].take(from_last, &tile); ++done) task(body, tile, thread);
    for (size_t i = 1; i < ranges.size(); ++i) {
      Range& other = ranges[(own + i) % ranges.size()];
      for (; other.take(!from_last, &tile); ++done) task(body, tile, thread);
    }
    if (done != 0 && left.fetch_sub(done, std::memory_order_seq_cst) == done)
      wake_sleepers(left, sleeping_caller);
    return done;
  }

  void wait_until_done() {
    for (uint32_t now = left.load(std::memory_order_acquire); now != 0;)
      now = wait_for_change(left, now, spin_ns, sleeping_caller);
  }

  static void* worker_loop(void* argument) {
    const Worker& worker = *static_cast<const Worker*>(argument);
    State& state = *worker.state;
    const OnCores bound(state.choice.cores_of(worker.index));
    uint32_t seen = 0;
    for (;;) {
      seen = wait_for_change(state.generation, seen, state.spin_ns, state.sleeping_workers);
      if (state.stop.load(std::memory_order_relaxed)) return nullptr;
      leave(state.caller_processor.load(std::memory_order_relaxed));
      state.work(worker.index);
    }
  }
};

ThreadTeam::ThreadTeam(int threads, const CoreChoice& choice)
    : state_(std::make_unique<State>(static_cast<size_t>(std::max(threads, 1)), choice)) {
  const size_t wanted = static_cast<size_t>(std::max(threads, 1));
  state_->spin_ns = wanted <= cores_for(choice) ? kSpinNs : 0;
  state_->workers.reserve(wanted);  // workers keep pointers into it
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  for (int index = 1; index < threads; ++index) {
    state_->workers.push_back({state_.get(), index, {}});
    State::Worker& worker = state_->workers.back();
    if (pthread_create(&worker.thread, &attributes, State::worker_loop, &worker) != 0) {
      state_->workers.pop_back();  // the system gives no more threads: a smaller team
      break;
    }
  }
  pthread_attr_destroy(&attributes);
}

ThreadTeam::~ThreadTeam() {
  if (state_->alone()) return;
  state_->stop.store(true, std::memory_order_relaxed);
  state_->call_workers();
  for (const State::Worker& worker : state_->workers) pthread_join(worker.thread, nullptr);
}

const CoreSet& ThreadTeam::caller_cores() const { return state_->caller_cores; }

int ThreadTeam::size() const { return static_cast<int>(state_->workers.size()) + 1; }

void ThreadTeam::begin_step(JobTime* time) {
  if (step_ != nullptr && step_->greatest_ns != 0) {  // what disturbed one run is soon forgotten
    const uint64_t usual = step_->usual_ns;
    step_->usual_ns =
        std::min(step_->greatest_ns, usual == UINT64_MAX ? usual : usual * 9 / 8 + 100);
  }
  step_ = time;
  if (time != nullptr) time->greatest_ns = 0;
}

bool ThreadTeam::worth_sharing() const {
  if (step_ == nullptr) return true;
  return step_->usual_ns >= (state_->workers_sleep() ? kWorthWakingNs : kWorthNs);
}

void ThreadTeam::run(int64_t tiles, Task task, const void* body) {
  if (tiles > 1)
    state_->backward.store(!state_->backward.load(std::memory_order_relaxed),
                           std::memory_order_relaxed);
  if (tiles <= 1 || tiles > kGreatestTiles || state_->alone())
    return state_->run_alone(tiles, task, body);
  const bool shared = worth_sharing();
  if (shared) state_->publish(static_cast<uint32_t>(tiles), task, body);
  const uint64_t begin = step_ != nullptr ? monotonic_ns() : 0;
  int64_t done = tiles;
  if (shared) {
    done = state_->work(0);
  } else {
    state_->run_alone(tiles, task, body);
  }
  if (step_ != nullptr && done != 0) {
    const double tile_ns = static_cast<double>(monotonic_ns() - begin) / static_cast<double>(done);
    step_->greatest_ns =
        std::max(step_->greatest_ns, static_cast<uint64_t>(tile_ns * static_cast<double>(tiles)));
  }
  if (done != tiles) state_->wait_until_done();
}

}  // namespace lite
