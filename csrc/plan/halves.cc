// SPDX-License-Identifier: Apache-2.0
#include "plan/halves.h"

#include <cstring>

#include "kernels/hgemm/hgemm.h"

namespace lite {
namespace {

constexpr unsigned kMoves = kAlias | kJoins | kSplits;
constexpr uint32_t kResidual = 3;

class HalfFinder {
 public:
  HalfFinder(const nb::Graph& graph, Span<const OpEntry* const> entries,
             std::vector<Tensor>& values)
      : graph_(graph), entries_(entries), values_(values) {
    for (uint32_t i = 0; i < values.size(); ++i) {
      classes_.push_back(i);
      may_be_half_.push_back(is_computed_float(i));
    }
    for (uint32_t input : *graph.inputs()) may_be_half_[input] = false;
    for (uint32_t output : *graph.outputs()) may_be_half_[output] = false;
    wanted_.assign(values.size(), false);
  }

  [[nodiscard]] std::vector<std::optional<DType>> find() {
    const uint32_t nodes = graph_.nodes()->size();
    for (uint32_t i = 0; i < nodes; ++i) keeps_type_.push_back(keeps_type(i));
    for (uint32_t i = 0; i < nodes; ++i)
      if (keeps_type_[i]) join_operands(i);
    for (uint32_t i = 0; i < nodes; ++i)
      if (computes_in_halves(i)) wanted_[class_of(node(i).outputs()->Get(0))] = true;
    std::vector<std::optional<DType>> converted(nodes);
    for (uint32_t i = 0; i < nodes; ++i) converted[i] = converted_type(i);
    for (uint32_t i = 0; i < values_.size(); ++i)
      if (is_half(i)) values_[i].dtype = DType::f16;
    return converted;
  }

 private:
  [[nodiscard]] const nb::Node& node(uint32_t index) const { return *graph_.nodes()->Get(index); }

  [[nodiscard]] bool is_computed_float(uint32_t value) const {
    return values_[value].dtype == DType::f32 && !values_[value].constant;
  }

  // Calls use(value) for each operand that is there.
  template <class Use>
  void for_each_operand(uint32_t index, const Use& use) const {
    for (int32_t input : *node(index).inputs())
      if (input >= 0) use(static_cast<uint32_t>(input));
    for (uint32_t output : *node(index).outputs()) use(output);
  }

  // Whether a node's operands are all halves, or none: it computes nothing, or it takes halves as
  // they are.
  [[nodiscard]] bool keeps_type(uint32_t index) const {
    const OpEntry& entry = *entries_[index];
    if (entry.flags & kMoves) return true;
    if (!(entry.flags & kInPlace) || std::strstr(entry.dtypes, "f16") == nullptr) return false;
    bool all = true;
    for_each_operand(index, [&](uint32_t value) { all = all && may_be_half_[value]; });
    return all;
  }

  [[nodiscard]] bool computes_in_halves(uint32_t index) const {
    if (!(entries_[index]->flags & kHalves)) return false;
    const auto& inputs = *node(index).inputs();
    if (inputs.size() == 0 || inputs.Get(0) < 0 || node(index).outputs()->size() != 1) return false;
    for (uint32_t i = 0; i < inputs.size(); ++i) {
      if (inputs.Get(i) < 0) continue;
      const Tensor& tensor = values_[static_cast<uint32_t>(inputs.Get(i))];
      if (tensor.packing == Packing::sparse || tensor.dtype != DType::f32 ||
          tensor.constant != (i != 0 && i != kResidual))
        return false;
    }
    return true;
  }

  void join_operands(uint32_t index) {
    const uint32_t whole = class_of(node(index).outputs()->Get(0));
    for_each_operand(index, [&](uint32_t value) {
      const uint32_t part = class_of(value);
      if (!may_be_half_[part]) may_be_half_[whole] = false;
      classes_[part] = whole;
    });
  }

  [[nodiscard]] uint32_t class_of(uint32_t value) const {
    while (classes_[value] != value) value = classes_[value];
    return value;
  }

  [[nodiscard]] bool is_half(uint32_t value) const {
    const uint32_t root = class_of(value);
    return may_be_half_[root] && wanted_[root];
  }

  [[nodiscard]] std::optional<DType> converted_type(uint32_t index) const {
    if (keeps_type_[index]) return std::nullopt;
    const bool halves = computes_in_halves(index);
    bool found = false;
    for_each_operand(index, [&](uint32_t value) {
      found = found || (halves ? is_computed_float(value) && !is_half(value) : is_half(value));
    });
    if (!found) return std::nullopt;
    return halves ? DType::f32 : DType::f16;
  }

  const nb::Graph& graph_;
  Span<const OpEntry* const> entries_;
  std::vector<Tensor>& values_;
  std::vector<bool> keeps_type_;   // per node
  std::vector<uint32_t> classes_;  // per value: another one of its class; the root's is itself
  std::vector<bool> may_be_half_;  // of roots: all of the class may
  std::vector<bool> wanted_;       // of roots: some of the class is written in halves
};

}  // namespace

bool has_halves(Isa isa) { return kHalvesBuilt && hgemm::kernels(isa) != nullptr; }

std::vector<std::optional<DType>> store_in_halves(const nb::Graph& graph,
                                                  Span<const OpEntry* const> entries,
                                                  std::vector<Tensor>& values) {
  return HalfFinder(graph, entries, values).find();
}

}  // namespace lite
