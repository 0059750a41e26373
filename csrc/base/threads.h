// SPDX-License-Identifier: Apache-2.0
// ThreadTeam: a persistent team; the caller takes part. Tiles never depend on the number of
// threads, unless no cut changes a bit: results are the same for any team.
#pragma once

#include <cstdint>
#include <memory>

#include "base/cores.h"

namespace lite {

// How long the largest job of a step takes one thread: measured in each run, for the next one.
struct JobTime {
  uint64_t usual_ns = UINT64_MAX;  // not known yet
  uint64_t greatest_ns = 0;        // of the present run
};

class ThreadTeam {
 public:
  // Threads that have cores of different speeds for themselves begin with as many tiles as these
  // are fast.
  explicit ThreadTeam(int threads, const CoreChoice& choice = CoreChoice());
  ~ThreadTeam();
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;

  [[nodiscard]] int size() const;

  // Where the caller shall run while the team works; empty: anywhere.
  [[nodiscard]] const CoreSet& caller_cores() const;

  // The jobs that follow are those of this step. Steps that were too short to share are run by the
  // caller alone. Null: share all.
  void begin_step(JobTime* time);

  // Calls body(tile) for every tile in [0, tiles), on all threads; returns when all are done.
  // Allocates nothing. Not reentrant: a body must not call parallel_for.
  template <class Body>
  void parallel_for(int64_t tiles, const Body& body) {
    run(
        tiles, [](const void* self, int64_t tile, int) { (*static_cast<const Body*>(self))(tile); },
        &body);
  }

  // As above; body(tile, thread) also gets the index of its thread, in [0, size()), for scratch.
  template <class Body>
  void parallel_for_with_thread(int64_t tiles, const Body& body) {
    run(
        tiles,
        [](const void* self, int64_t tile, int thread) {
          (*static_cast<const Body*>(self))(tile, thread);
        },
        &body);
  }

 private:
  using Task = void (*)(const void* body, int64_t tile, int thread);
  void run(int64_t tiles, Task task, const void* body);
  [[nodiscard]] bool worth_sharing() const;

  struct State;
  std::unique_ptr<State> state_;
  JobTime* step_ = nullptr;
};

}  // namespace lite
