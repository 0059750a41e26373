// SPDX-License-Identifier: Apache-2.0
#include "plan/plan.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <optional>
#include <set>
#include <utility>

#include "ops/elementwise/half.h"
#include "ops/linear/conv_chain.h"
#include "plan/chains.h"
#include "plan/halves.h"
#include "plan/memory.h"
#include "plan/node_view.h"
#include "plan/parts.h"
#include "plan/prefetch.h"

namespace lite {

class PlanBuilder {
 public:
  PlanBuilder(std::shared_ptr<const Model> model, const PlanOptions& options)
      : plan_(std::make_unique<Plan>()), graph_(model->graph()), options_(options) {
    plan_->model_ = std::move(model);
  }

  [[nodiscard]] Result<std::unique_ptr<Plan>> build(Span<const Shape> input_shapes) {
    LITE_RETURN_IF_ERROR(find_ops());
    LITE_ASSIGN_OR_RETURN(const Extents extents, Extents::bind(graph_, input_shapes));
    LITE_RETURN_IF_ERROR(make_values(extents));
    choose_types();
    find_axes(extents);
    chains_ =
        find_chains(graph_, entries_, extents, plan_->values_, common_context(), options_.tuned);
    LITE_ASSIGN_OR_RETURN(plan_->sharing_,
                          share_memory(graph_, entries_, axes_, plan_->values_, chains_));
    note_views();
    make_operands();
    LITE_RETURN_IF_ERROR(prepare_nodes(extents));
    spread_fetches({plan_->steps_.data(), plan_->steps_.size()});
    LITE_RETURN_IF_ERROR(lay_out());
    return std::move(plan_);
  }

 private:
  [[nodiscard]] Status find_ops();
  [[nodiscard]] Status make_values(const Extents& extents);
  [[nodiscard]] Status check_arena(uint64_t bytes, const char* what) const;
  void choose_types();
  void find_axes(const Extents& extents);
  void note_views();
  void make_operands();
  [[nodiscard]] std::unique_ptr<bool[]> placed_parts(uint32_t index, bool* all) const;
  [[nodiscard]] Status prepare_nodes(const Extents& extents);
  [[nodiscard]] PrepareContext common_context() const;
  [[nodiscard]] Status prepare_node(uint32_t index, const Extents& extents);
  [[nodiscard]] DType declared_type(const nb::Node& node) const;
  [[nodiscard]] std::unique_ptr<Op> create_op(uint32_t index) const;
  [[nodiscard]] Status prepare_chain(uint32_t first, uint32_t last, const Extents& extents);
  [[nodiscard]] Status add_step(std::unique_ptr<Op> op, uint32_t node,
                                const PrepareContext& context);
  [[nodiscard]] std::string tuned_kernel(const nb::Node& node, const PrepareContext& context,
                                         ThreadTeam** team) const;
  [[nodiscard]] Status lay_out();

  std::unique_ptr<Plan> plan_;
  const nb::Graph& graph_;
  PlanOptions options_;
  std::vector<const OpEntry*> entries_;  // one per node
  // Per node: the type of operands that its op must be given in another one; or empty.
  std::vector<std::optional<DType>> converted_;
  std::deque<OpEntry> adapted_entries_;  // of nodes with such operands
  std::vector<int64_t> axes_;            // per node: of those that join or split
  Chains chains_;
  std::vector<uint32_t> operand_begin_;  // per node: the first of its operands
  std::vector<size_t> scratch_bytes_;    // per step
};

namespace {

bool has_word(const char* words, const char* word) {
  const size_t length = std::strlen(word);
  for (const char* place = std::strstr(words, word); place != nullptr;
       place = std::strstr(place + 1, word))
    if ((place == words || place[-1] == ' ') && (place[length] == ' ' || place[length] == '\0'))
      return true;
  return false;
}

// An empty tensor may still have great extents: an op would loop over them, and take memory in
// proportion, for nothing.
bool nothing_to_write(Span<const Tensor> outputs) {
  for (const Tensor& output : outputs)
    if (output.shape.count() != 0) return false;
  return true;
}

std::string node_text(const nb::Node& node) {
  return "node '" + node.name()->str() + "' (" + node.op()->str() + ")";
}

}  // namespace

Status PlanBuilder::find_ops() {
  std::set<std::string> missing;
  for (const nb::Node* node : *graph_.nodes()) {
    entries_.push_back(find_op(node->op()->str()));
    if (entries_.back() == nullptr) missing.insert(node->op()->str());
  }
  if (missing.empty()) return Status();
  std::string names;
  for (const std::string& name : missing) names += (names.empty() ? "" : ", ") + name;
  return error(Code::k_unsupported_op, "this %s has no op %s\nhint: %s",
               kTailored ? "build was tailored to other models and" : "runtime", names.c_str(),
               kTailored ? "tailor it to this model, too, or build all of it"
                         : "convert the model again with this version");
}

Status PlanBuilder::make_values(const Extents& extents) {
  std::vector<bool> is_input(graph_.values()->size(), false);
  for (uint32_t input : *graph_.inputs()) is_input[input] = true;
  for (const nb::Value* value : *graph_.values()) {
    Tensor tensor;
    tensor.dtype = static_cast<DType>(value->dtype());
    LITE_ASSIGN_OR_RETURN(tensor.shape, extents.shape_of(*value));
    if (const nb::Constant* constant = value->constant()) {
      tensor.packing = static_cast<Packing>(constant->packing());
      tensor.constant = true;
      tensor.data = const_cast<std::byte*>(plan_->model_->weights()) + constant->offset();
    } else if (!is_input[plan_->values_.size()]) {  // before ops take memory in proportion to it
      LITE_RETURN_IF_ERROR(check_arena(tensor.size_bytes(), value->name()->c_str()));
    }
    plan_->values_.push_back(tensor);
  }
  return Status();
}

Status PlanBuilder::check_arena(uint64_t bytes, const char* what) const {
  if (bytes <= options_.arena_limit_bytes) return Status();
  return error(Code::k_out_of_memory,
               "%s needs an arena of %llu bytes, the limit is %llu\nhint: smaller inputs, "
               "or a higher arena_limit",
               what, static_cast<unsigned long long>(bytes),
               static_cast<unsigned long long>(options_.arena_limit_bytes));
}

// What is converted is copied whole.
void PlanBuilder::choose_types() {
  if constexpr (kHalvesBuilt) {
    if (options_.precision != Precision::fast || !has_halves(options_.isa)) return;
    converted_ = store_in_halves(graph_, entries_, plan_->values_);
    for (uint32_t i = 0; i < entries_.size(); ++i) {
      if (!converted_[i]) continue;
      adapted_entries_.push_back(*entries_[i]);
      adapted_entries_.back().flags &= ~(kPitchedInput | kPitchedInputs | kPitchedOutputs);
      entries_[i] = &adapted_entries_.back();
    }
  }
}

void PlanBuilder::find_axes(const Extents& extents) {
  for (uint32_t i = 0; i < graph_.nodes()->size(); ++i) {
    const bool has_parts = (entries_[i]->flags & (kJoins | kSplits)) != 0;
    axes_.push_back(has_parts ? NodeAttributes(*graph_.nodes()->Get(i), extents).integer("axis", 0)
                              : -1);
  }
}

// A constant seen with another shape is a constant; an input's memory may be that of several
// values.
void PlanBuilder::note_views() {
  std::vector<Tensor>& values = plan_->values_;
  const std::vector<uint32_t>& roots = plan_->sharing_.roots;
  for (uint32_t i = 0; i < values.size(); ++i) {
    if (!values[roots[i]].constant) continue;
    values[i].constant = true;
    values[i].data = values[roots[i]].data + plan_->sharing_.offsets[i];
  }
  for (uint32_t i = 0; i < values.size(); ++i) values[i].pitch = plan_->sharing_.pitches[i];
  for (uint32_t input : *graph_.inputs()) {
    plan_->input_values_.emplace_back();
    for (uint32_t i = 0; i < values.size(); ++i)
      if (roots[i] == input) plan_->input_values_.back().push_back(i);
  }
}

void PlanBuilder::make_operands() {
  plan_->operands_of_.resize(plan_->values_.size());
  const auto add = [this](uint32_t value) {
    plan_->operands_of_[value].push_back(static_cast<uint32_t>(plan_->operands_.size()));
    plan_->operands_.push_back(plan_->values_[value]);
  };
  for (const nb::Node* node : *graph_.nodes()) {
    operand_begin_.push_back(static_cast<uint32_t>(plan_->operands_.size()));
    for (int32_t input : *node->inputs()) {
      if (input >= 0) {
        add(static_cast<uint32_t>(input));
      } else {
        plan_->operands_.emplace_back();
      }
    }
    for (uint32_t output : *node->outputs()) add(output);
  }
}

// One flag per part of a node that joins or splits.
std::unique_ptr<bool[]> PlanBuilder::placed_parts(uint32_t index, bool* all) const {
  const nb::Node& node = *graph_.nodes()->Get(index);
  const unsigned flags = entries_[index]->flags;
  const size_t count = flags & kJoins ? node.inputs()->size() : node.outputs()->size();
  std::unique_ptr<bool[]> placed(new bool[count + 1]());
  const std::vector<Part> parts = parts_of(node, flags, axes_[index], plan_->values_);
  *all = count > 0 && parts.size() == count;
  for (size_t i = 0; i < parts.size(); ++i) {
    placed[i] = is_placed(plan_->sharing_, plan_->values_, parts[i]);
    *all = *all && placed[i];
  }
  return placed;
}

Status PlanBuilder::prepare_nodes(const Extents& extents) {
  for (uint32_t i = 0; i < graph_.nodes()->size(); ++i) {
    const uint32_t first = i;
    i = chains_.runs_at[first];
    Status prepared = i == first ? prepare_node(i, extents) : prepare_chain(first, i, extents);
    LITE_RETURN_IF_ERROR(std::move(prepared).at(node_text(*graph_.nodes()->Get(i))));
  }
  return Status();
}

PrepareContext PlanBuilder::common_context() const {
  PrepareContext context;
  context.isa = options_.isa;
  context.precision = options_.precision;
  context.threads = options_.team->size();
  context.team = options_.team;
  context.cache_bytes = static_cast<int64_t>(options_.cache_bytes);
  return context;
}

Status PlanBuilder::prepare_node(uint32_t index, const Extents& extents) {
  const nb::Node& node = *graph_.nodes()->Get(index);
  const OpEntry& entry = *entries_[index];
  const Tensor* operands = plan_->operands_.data() + operand_begin_[index];
  const DType dtype = declared_type(node);
  if (!has_word(entry.dtypes, dtype_name(dtype)))
    return error(Code::k_unsupported_op, "no kernel for %s; there are kernels for %s",
                 dtype_name(dtype), entry.dtypes);
  NodeView view(node, extents, operands, common_context());
  PrepareContext& context = view.context;
  bool all_placed = false;
  std::unique_ptr<bool[]> placed;
  if (entry.flags & (kJoins | kSplits)) {
    placed = placed_parts(index, &all_placed);
    context.placed = {placed.get(),
                      entry.flags & kJoins ? context.inputs.size() : context.outputs.size()};
  }
  if (nothing_to_write(context.outputs)) return Status();
  const std::string kernel = tuned_kernel(node, context, &context.team);
  context.kernel = kernel.c_str();
  context.threads = context.team->size();
  std::unique_ptr<Op> op = create_op(index);
  LITE_RETURN_IF_ERROR(op->prepare(context));
  if ((entry.flags & kAlias) || all_placed) return Status();
  return add_step(std::move(op), index, context);
}

// Of input 0 as the file has it; of output 0 if there is no input.
DType PlanBuilder::declared_type(const nb::Node& node) const {
  const bool given = node.inputs()->size() != 0;
  if (given && node.inputs()->Get(0) < 0) return Tensor().dtype;
  const uint32_t value =
      given ? static_cast<uint32_t>(node.inputs()->Get(0)) : node.outputs()->Get(0);
  return static_cast<DType>(graph_.values()->Get(value)->dtype());
}

std::unique_ptr<Op> PlanBuilder::create_op(uint32_t index) const {
  std::unique_ptr<Op> op = entries_[index]->create();
  if constexpr (kHalvesBuilt)
    if (!converted_.empty() && converted_[index])
      return std::make_unique<HalfAdapter>(std::move(op), *converted_[index]);
  return op;
}

// The step is that of the last node.
Status PlanBuilder::prepare_chain(uint32_t first, uint32_t last, const Extents& extents) {
  std::vector<std::unique_ptr<NodeView>> views;
  std::vector<PrepareContext> links;
  for (uint32_t i = first; i <= last; ++i) {
    views.push_back(std::make_unique<NodeView>(*graph_.nodes()->Get(i), extents,
                                               plan_->operands_.data() + operand_begin_[i],
                                               common_context()));
    links.push_back(views.back()->context);
  }
  PrepareContext context = links.back();
  context.links = links;
  if constexpr (kChainsBuilt) {
    std::unique_ptr<Op> op = std::make_unique<linear::ConvChain>();
    LITE_RETURN_IF_ERROR(op->prepare(context));
    return add_step(std::move(op), last, context);
  } else {
    return error(Code::k_internal, "this build has no chains of convolutions");
  }
}

Status PlanBuilder::add_step(std::unique_ptr<Op> op, uint32_t node, const PrepareContext& context) {
  LITE_RETURN_IF_ERROR(check_arena(context.scratch_bytes, "scratch memory"));
  Step step;
  step.op = std::move(op);
  step.node = node;
  step.context.inputs = context.inputs;
  step.context.outputs = context.outputs;
  step.context.team = context.team;
  plan_->steps_.push_back(std::move(step));
  scratch_bytes_.push_back(context.scratch_bytes);
  return Status();
}

// The name for `prepare`, "" for anything; the team is another one where that is faster.
std::string PlanBuilder::tuned_kernel(const nb::Node& node, const PrepareContext& context,
                                      ThreadTeam** team) const {
  if (options_.tuned == nullptr) return "";
  const std::string layer = layer_text(node, context);
  std::string kernel = options_.tuned->kernel(layer, options_.team->size());
  if (strip_alone(kernel) && options_.alone != nullptr) *team = options_.alone;
  return kernel;
}

Status PlanBuilder::lay_out() {
  std::vector<Buffer> buffers;
  std::vector<uint32_t> owners;
  const Sharing& sharing = plan_->sharing_;
  for (uint32_t i = 0; i < plan_->values_.size(); ++i) {
    if (sharing.roots[i] != i || sharing.outside[i]) continue;
    const Tensor& value = plan_->values_[i];
    const size_t bytes = static_cast<size_t>(value.reach()) * dtype_size_bytes(value.dtype);
    buffers.push_back({bytes, sharing.first[i], sharing.last[i]});
    owners.push_back(i);
  }
  const size_t value_buffers = buffers.size();
  for (size_t i = 0; i < scratch_bytes_.size(); ++i) {
    const int node = static_cast<int>(plan_->steps_[i].node);
    buffers.push_back({scratch_bytes_[i], node, node});
  }
  const Layout layout = plan_memory(buffers);
  LITE_RETURN_IF_ERROR(check_arena(layout.peak_bytes, "running"));
  plan_->offsets_.assign(plan_->values_.size(), 0);
  for (size_t i = 0; i < value_buffers; ++i) plan_->offsets_[owners[i]] = layout.offsets[i];
  plan_->scratch_offsets_.assign(
      layout.offsets.begin() + static_cast<std::ptrdiff_t>(value_buffers), layout.offsets.end());
  MemoryReport& report = plan_->report_;
  report.arena_bytes = layout.peak_bytes;
  report.lower_bound_bytes = layout.lower_bound_bytes;
  report.weights_bytes = plan_->model_->weights_bytes();
  for (size_t bytes : scratch_bytes_)
    report.scratch_bytes = std::max<uint64_t>(report.scratch_bytes, bytes);
  return Status();
}

Result<std::unique_ptr<Plan>> Plan::build(std::shared_ptr<const Model> model,
                                          Span<const Shape> input_shapes,
                                          const PlanOptions& options) {
  return PlanBuilder(std::move(model), options).build(input_shapes);
}

Status Plan::allocate() {
  if (arena_->data() != nullptr || report_.arena_bytes == 0) return Status();
  LITE_RETURN_IF_ERROR(arena_->allocate(report_.arena_bytes));
  for (uint32_t i = 0; i < values_.size(); ++i)
    if (!sharing_.outside[i])
      set_data(i, arena_->data() + offsets_[sharing_.roots[i]] + sharing_.offsets[i]);
  for (size_t i = 0; i < steps_.size(); ++i)
    steps_[i].context.scratch = arena_->data() + scratch_offsets_[i];
  return Status();
}

void Plan::bind_input(size_t input, const void* data) {
  for (uint32_t value : input_values_[input])
    set_data(value,
             const_cast<std::byte*>(static_cast<const std::byte*>(data)) + sharing_.offsets[value]);
}

bool Plan::output_in_arena(size_t index) const {
  return !sharing_.outside[graph().outputs()->Get(static_cast<uint32_t>(index))];
}

void Plan::set_data(uint32_t value, std::byte* data) {
  values_[value].data = data;
  for (uint32_t operand : operands_of_[value]) operands_[operand].data = data;
}

}  // namespace lite
