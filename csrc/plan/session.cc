// SPDX-License-Identifier: Apache-2.0
#include "plan/session.h"

#include "base/clock.h"
#include "base/cpu.h"
#include "kernels/bgemm/bgemm.h"
#include "plan/halves.h"

namespace lite {
namespace {

constexpr int kGreatestThreads = 256;

std::vector<Shape> fixed_input_shapes(const nb::Graph& graph) {
  std::vector<Shape> shapes;
  for (uint32_t input : *graph.inputs()) {
    Shape shape;
    for (const nb::Extent* extent : *graph.values()->Get(input)->shape())
      shape[shape.rank++] = extent->value();
    shapes.push_back(shape);
  }
  return shapes;
}

}  // namespace

bool fast_differs(Isa isa) { return bgemm::kernels(isa) != nullptr || has_halves(isa); }

Session::Session(std::shared_ptr<const Model> model, const SessionOptions& options, Isa isa,
                 const CoreChoice& choice)
    : model_(std::move(model)), options_(options), isa_(isa), team_(options.threads, choice) {}

Result<std::unique_ptr<Session>> Session::create(std::shared_ptr<const Model> model,
                                                 const SessionOptions& options) {
  if (options.threads < 1 || options.threads > kGreatestThreads)
    return error(Code::k_invalid_argument, "threads is %d, expected 1 to %d", options.threads,
                 kGreatestThreads);
  LITE_ASSIGN_OR_RETURN(const Isa isa, choose_isa());
  std::string note;
  const CoreChoice choice = place_threads(options.power_mode, options.threads, &note);
  std::unique_ptr<Session> session(new Session(std::move(model), options, isa, choice));
  session->note_ = std::move(note);
  if (!options.separate) {
    LITE_ASSIGN_OR_RETURN(session->cache_bytes_, second_cache_bytes());
  }
  if (options.arena_limit_bytes == 0) session->options_.arena_limit_bytes = physical_memory_bytes();
  if (has_fixed_inputs(session->model_->graph()))
    LITE_RETURN_IF_ERROR(session->resize(fixed_input_shapes(session->model_->graph())));
  return session;
}

Result<std::unique_ptr<Session>> Session::clone(bool separate) const {
  SessionOptions options = options_;
  options.separate |= separate;
  LITE_ASSIGN_OR_RETURN(std::unique_ptr<Session> session, create(model_, options));
  const std::shared_ptr<const Plan> present = plan();
  if (present == nullptr || session->plan_ != nullptr) return session;
  std::vector<Shape> shapes;
  for (size_t i = 0; i < model_->graph().inputs()->size(); ++i)
    shapes.push_back(present->input(i).shape);
  LITE_RETURN_IF_ERROR(session->resize(shapes));
  return session;
}

Result<Session::Turn> Session::take_turn() {
  if (!busy_.exchange(true, std::memory_order_acquire)) return Turn(this);
  return error(
      Code::k_invalid_argument,
      "the session is in use on another thread\nhint: give each thread its own session.clone()");
}

Status Session::resize(Span<const Shape> input_shapes) {
  LITE_ASSIGN_OR_RETURN(Turn turn, take_turn());
  return turn.resize(input_shapes);
}

Status Session::run(Span<const void* const> inputs, Span<StepTime> times) {
  LITE_ASSIGN_OR_RETURN(Turn turn, take_turn());
  return turn.run(inputs, times);
}

std::shared_ptr<const Plan> Session::plan() const {
  const std::lock_guard<std::mutex> lock(plan_mutex_);
  return plan_;
}

Status Session::plan_for(Span<const Shape> input_shapes) {
  LITE_ASSIGN_OR_RETURN(std::shared_ptr<Plan> plan,
                        Plan::build(model_, input_shapes,
                                    {isa_, &team_, options_.arena_limit_bytes, options_.precision,
                                     options_.tuned.get(), &alone_, cache_bytes_}));
  const std::lock_guard<std::mutex> lock(plan_mutex_);
  plan_.swap(plan);
  job_times_.assign(plan_->steps().size(), JobTime());
  return Status();
}

Status Session::run_plan(Span<const void* const> inputs, Span<StepTime> times) {
  if (plan_ == nullptr)
    return error(Code::k_bad_shape,
                 "the model's input shapes are not fixed\nhint: resize the session first");
  if (inputs.size() != model_->graph().inputs()->size())
    return error(Code::k_bad_input, "got %zu inputs, expected %u", inputs.size(),
                 model_->graph().inputs()->size());
  LITE_RETURN_IF_ERROR(plan_->allocate());
  for (size_t i = 0; i < inputs.size(); ++i) plan_->bind_input(i, inputs[i]);
  run_steps(times);
  return Status();
}

void Session::run_steps(Span<StepTime> times) {
  const std::vector<Step>& steps = plan_->steps();
  const bool timed = times.size() == steps.size();
  const OnCores bound(team_.caller_cores());
  for (size_t i = 0; i < steps.size(); ++i) {
    if (timed) times[i].begin_ns = monotonic_ns();
    team_.begin_step(&job_times_[i]);
    steps[i].op->run(steps[i].context);
    if (timed) times[i].end_ns = monotonic_ns();
  }
  team_.begin_step(nullptr);
}

}  // namespace lite
