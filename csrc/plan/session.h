// SPDX-License-Identifier: Apache-2.0
// Session: one caller's running state over a shared model. Cheap; not for two threads at once.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "base/threads.h"
#include "plan/plan.h"

namespace lite {

struct SessionOptions {
  int threads = 1;
  uint64_t arena_limit_bytes = 0;  // 0: the machine's physical memory
};

struct StepTime {
  uint64_t begin_ns = 0;  // monotonic
  uint64_t end_ns = 0;
};

class Session {
 public:
  // Plans at once if the model's input shapes are fixed, else at the first resize.
  [[nodiscard]] static Result<std::unique_ptr<Session>> create(std::shared_ptr<const Model> model,
                                                               const SessionOptions& options);
  // A new session with the same options and shapes.
  [[nodiscard]] Result<std::unique_ptr<Session>> clone() const;

  // Plans for other input shapes, one per graph input. After a failure the session is as before.
  [[nodiscard]] Status resize(Span<const Shape> input_shapes);

  // Runs with one pointer per graph input, of the planned shapes. `times`, if not empty, has one
  // element per step and gets when each ran. Fails if the session is running already, on another
  // thread.
  [[nodiscard]] Status run(Span<const void* const> inputs, Span<StepTime> times = {});

  [[nodiscard]] const Model& model() const { return *model_; }
  [[nodiscard]] const std::shared_ptr<const Model>& shared_model() const { return model_; }
  [[nodiscard]] const Plan* plan() const { return plan_.get(); }  // null before the first resize
  [[nodiscard]] Isa isa() const { return isa_; }
  [[nodiscard]] const SessionOptions& options() const { return options_; }
  [[nodiscard]] const std::vector<Shape>& input_shapes() const { return input_shapes_; }

 private:
  Session(std::shared_ptr<const Model> model, const SessionOptions& options, Isa isa);
  void run_steps(Span<StepTime> times);

  std::shared_ptr<const Model> model_;
  SessionOptions options_;
  Isa isa_;
  ThreadTeam team_;
  std::unique_ptr<Plan> plan_;
  std::vector<Shape> input_shapes_;
  std::atomic<bool> busy_{false};
};

}  // namespace lite
