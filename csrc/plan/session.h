// SPDX-License-Identifier: Apache-2.0
// Session: one caller's running state over a shared model. Cheap; not for two threads at once: the
// second one is refused.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/cores.h"
#include "base/threads.h"
#include "plan/plan.h"

namespace lite {

struct SessionOptions {
  int threads = 1;
  uint64_t arena_limit_bytes = 0;  // 0: the machine's physical memory
  Precision precision = Precision::exact;
  std::shared_ptr<const TuneTable> tuned = nullptr;  // measured kernels; null: the usual ones
  PowerMode power_mode = PowerMode::no_bind;
  bool separate = false;  // each layer runs by itself, so that a profile has all of them
};

// Whether sessions of Precision::fast compute anything in another way on this instruction set.
[[nodiscard]] bool fast_differs(Isa isa);

struct StepTime {
  uint64_t begin_ns = 0;  // monotonic
  uint64_t end_ns = 0;
};

class Session {
 public:
  // Plans at once if the model's input shapes are fixed, else at the first resize.
  [[nodiscard]] static Result<std::unique_ptr<Session>> create(std::shared_ptr<const Model> model,
                                                               const SessionOptions& options);
  // A new session with the same shapes and options, or one that is `separate`.
  [[nodiscard]] Result<std::unique_ptr<Session>> clone(bool separate = false) const;

  // The session for one caller alone, until the turn is destroyed: who resizes, runs and reads
  // outputs within one turn reads what it computed itself. Fails while another caller has it.
  class Turn;
  [[nodiscard]] Result<Turn> take_turn();

  // Turns of one call.
  [[nodiscard]] Status resize(Span<const Shape> input_shapes);
  [[nodiscard]] Status run(Span<const void* const> inputs, Span<StepTime> times = {});

  [[nodiscard]] const Model& model() const { return *model_; }
  [[nodiscard]] const std::shared_ptr<const Model>& shared_model() const { return model_; }
  // Null before the first resize. Shapes in it never change; bytes of values belong to who has the
  // turn.
  [[nodiscard]] std::shared_ptr<const Plan> plan() const;
  [[nodiscard]] Isa isa() const { return isa_; }
  [[nodiscard]] const SessionOptions& options() const { return options_; }
  // What of the options has no effect here, in words; "" if all have.
  [[nodiscard]] const std::string& note() const { return note_; }

 private:
  Session(std::shared_ptr<const Model> model, const SessionOptions& options, Isa isa,
          const CoreChoice& choice);
  [[nodiscard]] Status plan_for(Span<const Shape> input_shapes);
  [[nodiscard]] Status run_plan(Span<const void* const> inputs, Span<StepTime> times);
  void run_steps(Span<StepTime> times);

  std::shared_ptr<const Model> model_;
  SessionOptions options_;
  Isa isa_;
  std::string note_;
  uint64_t cache_bytes_ = 0;
  ThreadTeam team_, alone_{1};
  mutable std::mutex plan_mutex_;  // for plan_, which only who has the turn replaces
  std::shared_ptr<Plan> plan_;
  std::vector<JobTime> job_times_;  // one per step of the plan
  std::atomic<bool> busy_{false};
};

class Session::Turn {
 public:
  Turn(Turn&& other) noexcept : session_(std::exchange(other.session_, nullptr)) {}
  ~Turn() {
    if (session_ != nullptr) session_->busy_.store(false, std::memory_order_release);
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  Turn& operator=(Turn&&) = delete;

  // Plans for other input shapes, one per graph input. After a failure the session is as before.
  [[nodiscard]] Status resize(Span<const Shape> input_shapes) {
    return session_->plan_for(input_shapes);
  }
  // Runs with one pointer per graph input, of the planned shapes. `times`, if not empty, has one
  // element per step and gets when each ran.
  [[nodiscard]] Status run(Span<const void* const> inputs, Span<StepTime> times = {}) {
    return session_->run_plan(inputs, times);
  }
  [[nodiscard]] const Plan* plan() const { return session_->plan_.get(); }

 private:
  friend class Session;
  explicit Turn(Session* session) : session_(session) {}
  Session* session_;  // null when moved from
};

}  // namespace lite
