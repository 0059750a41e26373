// SPDX-License-Identifier: Apache-2.0
// ThreadTeam: a persistent team; the caller takes part. Tiles never depend on the number of
// threads, so results have the same bits for any team.
#pragma once

#include <cstdint>
#include <memory>

namespace lite {

class ThreadTeam {
 public:
  explicit ThreadTeam(int threads);
  ~ThreadTeam();
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;

  [[nodiscard]] int size() const;

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

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lite
