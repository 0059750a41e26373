// SPDX-License-Identifier: Apache-2.0
#include "plan/tune.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "base/clock.h"
#include "plan/node_view.h"

namespace lite {
namespace {

constexpr size_t kColdBytes = 16 << 20;  // of weights that take turns, for each kernel
constexpr size_t kMostCopies = 32;
constexpr double kSliceNs = 150e3;  // of runs that are timed together
constexpr double kKernelNs = 2e6;   // of all runs of a kernel
constexpr size_t kLeastRounds = 7, kMostRounds = 15;
constexpr size_t kTrialRounds = 2;  // after which slow kernels leave
constexpr double kHopeless = 1.3;   // times the fastest
// A barrier takes a few microseconds: longer layers gain nothing without.
constexpr double kShortNs = 50e3;

// Of runs that others disturb, which only makes them longer: the lower quartile.
int64_t typical(std::vector<double> values) {
  const auto quartile = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 4);
  std::nth_element(values.begin(), quartile, values.end());
  return static_cast<int64_t>(*quartile);
}

// One kernel of a layer: an op for each copy of the weights.
struct Candidate {
  std::string kernel;
  ThreadTeam* team = nullptr;
  std::vector<std::unique_ptr<Op>> ops;
  JobTime time;                 // as of a session's step
  std::vector<double> samples;  // ns of a run
  int runs = 1;                 // in a slice
};

// A layer of the plan as `prepare` saw it.
struct PlannedLayer {
  PlannedLayer(const Step& planned, const nb::Graph& graph, const Extents& extents,
               const PrepareContext& common)
      : step(planned),
        node(*graph.nodes()->Get(step.node)),
        entry(*find_op(node.op()->str())),
        view(node, extents, step.context.inputs.data(), common) {
    const auto& values = *graph.values();
    for (uint32_t i = 0; i < node.inputs()->size(); ++i) {
      const int32_t value = node.inputs()->Get(i);
      const nb::Constant* constant =
          value >= 0 ? values.Get(static_cast<uint32_t>(value))->constant() : nullptr;
      const Tensor& input = step.context.inputs[i];
      input_bytes.push_back(constant != nullptr ? constant->size() : input.size_bytes());
    }
    tuned.layer = layer_text(node, view.context);
    tuned.name = node.name()->str();
  }

  const Step& step;
  const nb::Node& node;
  const OpEntry& entry;
  NodeView view;
  std::vector<size_t> input_bytes;  // packed weights have more than their elements
  TunedLayer tuned;
};

class LayerTuner {
 public:
  LayerTuner(const PlannedLayer& layer, ThreadTeam& alone)
      : layer_(layer),
        run_(layer.step.context),
        alone_(alone),
        outputs_(run_.outputs.begin(), run_.outputs.end()) {}

  [[nodiscard]] Result<std::vector<Timing>> times() {
    LITE_RETURN_IF_ERROR(take_memory());
    LITE_RETURN_IF_ERROR(add("", run_.team));
    const std::string usual = candidates_[0].ops[0]->kernel();
    for (const char* kernel : candidates_[0].ops[0]->alternatives())
      if (usual != kernel) LITE_RETURN_IF_ERROR(add(kernel, run_.team));
    LITE_RETURN_IF_ERROR(add_alone());
    if (candidates_.size() < 2) return std::vector<Timing>();
    LITE_RETURN_IF_ERROR(scratch_.allocate(std::max<size_t>(scratch_bytes_, 1)));
    measure();
    std::vector<Timing> timings;
    for (const Candidate& candidate : candidates_)
      timings.push_back({candidate.kernel, typical(candidate.samples)});
    return timings;
  }

 private:
  // Inputs and outputs of our own: others write to the arena, an op in place would change what it
  // reads, and the caller's memory may be gone. Copies of constants.
  [[nodiscard]] Status take_memory() {
    std::vector<Tensor> inputs(run_.inputs.begin(), run_.inputs.end());
    size_t weights = 0;
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (is_weights(inputs[i])) weights += layer_.input_bytes[i];
      if (inputs[i].constant || !layer_.view.context.present(i)) continue;
      LITE_RETURN_IF_ERROR(allocate(inputs[i], reach_bytes(inputs[i])));
      fill(inputs[i]);
    }
    for (Tensor& output : outputs_) LITE_RETURN_IF_ERROR(allocate(output, reach_bytes(output)));
    const size_t copies = weights == 0 ? 1 : std::min(kMostCopies, kColdBytes / weights + 2);
    copies_.assign(copies, inputs);
    for (size_t k = 1; k < copies; ++k)
      for (size_t i = 0; i < inputs.size(); ++i)
        if (is_weights(inputs[i])) {
          LITE_RETURN_IF_ERROR(allocate(copies_[k][i], layer_.input_bytes[i]));
          std::memcpy(copies_[k][i].data, inputs[i].data, layer_.input_bytes[i]);
        }
    return Status();
  }

  [[nodiscard]] Status allocate(Tensor& tensor, size_t bytes) {
    memory_.push_back(std::make_unique<Memory>());
    LITE_RETURN_IF_ERROR(memory_.back()->allocate(std::max<size_t>(bytes, 1)));
    tensor.data = memory_.back()->data();
    return Status();
  }

  // Usual numbers: the processor may be slower with others. All indices are 0.
  static void fill(Tensor& tensor) {
    std::memset(tensor.data, 0, reach_bytes(tensor));
    const size_t count = static_cast<size_t>(tensor.reach());
    for (size_t i = 0; i < count; ++i) {
      if (tensor.dtype == DType::f32) tensor.as<float>()[i] = static_cast<float>(i % 31) * 0.02f;
      if (tensor.dtype == DType::s8) tensor.as<int8_t>()[i] = static_cast<int8_t>(i % 251);
    }
  }

  static size_t reach_bytes(const Tensor& tensor) {
    return static_cast<size_t>(tensor.reach()) * dtype_size_bytes(tensor.dtype);
  }

  static bool is_weights(const Tensor& tensor) { return tensor.constant && tensor.data != nullptr; }

  [[nodiscard]] Status add(const std::string& kernel, ThreadTeam* team) {
    Candidate candidate;
    candidate.team = team;
    for (std::vector<Tensor>& inputs : copies_) {
      PrepareContext context = layer_.view.context;
      context.inputs = inputs;
      context.outputs = outputs_;
      context.threads = team->size();
      context.kernel = kernel.c_str();
      candidate.ops.push_back(layer_.entry.create());
      LITE_RETURN_IF_ERROR(candidate.ops.back()->prepare(context));
      scratch_bytes_ = std::max(scratch_bytes_, context.scratch_bytes);
    }
    candidate.kernel = candidate.ops[0]->kernel();
    candidates_.push_back(std::move(candidate));
    return Status();
  }

  // The usual kernel on one thread, too, if the layer is short.
  [[nodiscard]] Status add_alone() {
    if (run_.team->size() == 1) return Status();
    LITE_RETURN_IF_ERROR(scratch_.allocate(std::max<size_t>(scratch_bytes_, 1)));
    slice(candidates_[0]);
    const bool is_short = slice(candidates_[0]) < kShortNs;
    scratch_.release();
    if (!is_short) return Status();
    LITE_RETURN_IF_ERROR(add("", &alone_));
    candidates_.back().kernel += kAlone;
    return Status();
  }

  void measure() {
    double longest = 0;
    for (Candidate& candidate : candidates_) {
      slice(candidate);
      const double once = slice(candidate);
      candidate.runs = 1 + static_cast<int>(kSliceNs / std::max(once, 1.0));
      longest = std::max(longest, once * candidate.runs);
    }
    const size_t rounds =
        std::min(kMostRounds,
                 std::max(kLeastRounds, static_cast<size_t>(kKernelNs / std::max(longest, 1.0))));
    for (size_t round = 0; round < rounds; ++round) {
      for (Candidate& candidate : candidates_) {
        if (round >= kTrialRounds && is_hopeless(candidate)) continue;
        candidate.samples.push_back(slice(candidate));
      }
    }
  }

  // The usual kernel stays: all others are compared with it.
  bool is_hopeless(const Candidate& candidate) const {
    const auto least = [](const Candidate& other) {
      return *std::min_element(other.samples.begin(), other.samples.end());
    };
    double fastest = least(candidate);
    for (const Candidate& other : candidates_) fastest = std::min(fastest, least(other));
    return &candidate != &candidates_[0] && least(candidate) > kHopeless * fastest;
  }

  // Nanoseconds of a run, over some runs with the weights in turns.
  double slice(Candidate& candidate) {
    RunContext context = run_;
    context.outputs = outputs_;
    context.scratch = scratch_.data();
    context.team = candidate.team;
    const uint64_t begin = monotonic_ns();
    for (int i = 0; i < candidate.runs; ++i) {
      const size_t copy = next_++ % copies_.size();
      candidate.team->begin_step(&candidate.time);
      context.inputs = copies_[copy];
      candidate.ops[copy]->run(context);
    }
    candidate.team->begin_step(nullptr);
    return static_cast<double>(monotonic_ns() - begin) / candidate.runs;
  }

  const PlannedLayer& layer_;
  const RunContext& run_;
  ThreadTeam& alone_;
  std::vector<Tensor> outputs_;
  std::vector<std::vector<Tensor>> copies_;  // inputs, with weights of their own
  std::vector<std::unique_ptr<Memory>> memory_;
  std::vector<Candidate> candidates_;
  Memory scratch_;
  size_t scratch_bytes_ = 0;
  size_t next_ = 0;  // run; all kernels share the copies, so none finds what another has just read
};

std::vector<std::unique_ptr<PlannedLayer>> unique_layers(const Plan& plan, const Extents& extents,
                                                         const Session& session) {
  std::vector<std::unique_ptr<PlannedLayer>> layers;
  std::map<std::string, PlannedLayer*> known;
  PrepareContext common;
  common.isa = session.isa();
  common.precision = session.options().precision;
  for (const Step& step : plan.steps()) {
    const OpEntry& entry = *find_op(plan.graph().nodes()->Get(step.node)->op()->str());
    if (entry.flags & (kJoins | kSplits)) continue;  // what they do depends on what lies around
    auto layer = std::make_unique<PlannedLayer>(step, plan.graph(), extents, common);
    const auto [place, is_new] = known.emplace(layer->tuned.layer, layer.get());
    if (is_new) {
      layers.push_back(std::move(layer));
    } else {
      ++place->second->tuned.nodes;
    }
  }
  return layers;
}

Result<Extents> extents_of(const Plan& plan) {
  std::vector<Shape> shapes;
  for (size_t i = 0; i < plan.graph().inputs()->size(); ++i) shapes.push_back(plan.input(i).shape);
  return Extents::bind(plan.graph(), shapes);
}

}  // namespace

Result<std::vector<TunedLayer>> tune(const Session& session, const TuneProgress& progress) {
  if (session.plan() == nullptr)
    return error(Code::k_bad_shape,
                 "the model's input shapes are not fixed\nhint: resize the session first");
  LITE_ASSIGN_OR_RETURN(const std::unique_ptr<Session> separate, session.clone(true));
  const std::shared_ptr<const Plan> plan = separate->plan();
  LITE_ASSIGN_OR_RETURN(const Extents extents, extents_of(*plan));
  const std::vector<std::unique_ptr<PlannedLayer>> layers =
      unique_layers(*plan, extents, *separate);
  ThreadTeam alone(1);
  std::vector<TunedLayer> tuned;
  for (size_t i = 0; i < layers.size(); ++i) {
    if (!progress(i, layers.size())) return tuned;
    PlannedLayer& layer = *layers[i];
    LITE_ASSIGN_OR_RETURN(layer.tuned.timings, LayerTuner(layer, alone).times());
    if (!layer.tuned.timings.empty()) tuned.push_back(std::move(layer.tuned));
  }
  progress(layers.size(), layers.size());
  return tuned;
}

}  // namespace lite
