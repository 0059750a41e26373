// SPDX-License-Identifier: Apache-2.0
#include "plan/chains.h"

#include <algorithm>
#include <optional>
#include <string>

#include "ops/linear/conv_chain.h"
#include "plan/node_view.h"

namespace lite {
namespace {

using linear::ChainLink;
using linear::ConvChain;

class ChainFinder {
 public:
  ChainFinder(const nb::Graph& graph, Span<const OpEntry* const> entries, const Extents& extents,
              Span<const Tensor> values, const PrepareContext& common, const TuneTable* tuned)
      : graph_(graph),
        entries_(entries),
        extents_(extents),
        values_(values),
        common_(common),
        tuned_(tuned) {
    for (uint32_t i = 0; i < graph.nodes()->size(); ++i) chains_.runs_at.push_back(i);
    chains_.inside.assign(values.size(), false);
  }

  [[nodiscard]] Chains find() {
    if (!kChainsBuilt || common_.cache_bytes <= 0) return std::move(chains_);
    look_at_uses();
    for (uint32_t begin = 0; begin < graph_.nodes()->size();) begin = chain_from(begin);
    return std::move(chains_);
  }

 private:
  // Returns the node behind the longest chain that begins with a node, which may be that node
  // alone.
  uint32_t chain_from(uint32_t begin) {
    std::vector<ChainLink> links;
    uint32_t end = begin;
    while (end < graph_.nodes()->size() && links.size() < ConvChain::kMostLinks) {
      if (end != begin && !continues(end)) break;
      const std::optional<ChainLink> link = read_link(end, end == begin && reads_whole(begin));
      if (!link) break;
      links.push_back(*link);
      if (!ConvChain::fits(links, common_.cache_bytes)) break;
      ++end;
    }
    end = std::max(end, begin + 1);
    close(begin, end);
    return end;
  }

  void look_at_uses() {
    readers_.assign(values_.size(), 0);
    may_be_part_.assign(values_.size(), false);
    for (uint32_t i = 0; i < graph_.nodes()->size(); ++i) {
      const nb::Node& node = *graph_.nodes()->Get(i);
      for (int32_t input : *node.inputs()) {
        if (input < 0) continue;
        ++readers_[static_cast<uint32_t>(input)];
        if (entries_[i]->flags & kJoins) may_be_part_[static_cast<uint32_t>(input)] = true;
      }
      if (entries_[i]->flags & kSplits)
        for (uint32_t output : *node.outputs()) may_be_part_[output] = true;
    }
    for (uint32_t output : *graph_.outputs()) ++readers_[output];
  }

  [[nodiscard]] bool reads_whole(uint32_t index) const {
    const auto& inputs = *graph_.nodes()->Get(index)->inputs();
    return inputs.size() != 0 && inputs.Get(0) >= 0 &&
           !may_be_part_[static_cast<uint32_t>(inputs.Get(0))];
  }

  [[nodiscard]] std::optional<ChainLink> read_link(uint32_t index, bool may_copy) const {
    const nb::Node& node = *graph_.nodes()->Get(index);
    if (node.op()->str() != "conv2d" || node.outputs()->size() != 1) return std::nullopt;
    std::vector<Tensor> operands;
    for (int32_t input : *node.inputs())
      operands.push_back(input >= 0 ? values_[static_cast<uint32_t>(input)] : Tensor());
    operands.push_back(values_[node.outputs()->Get(0)]);
    NodeView view(node, extents_, operands.data(), common_);
    std::string kernel;
    if (tuned_ != nullptr) kernel = tuned_->kernel(layer_text(node, view.context), common_.threads);
    strip_alone(kernel);
    view.context.kernel = kernel.c_str();
    return ConvChain::read_link(view.context, may_copy);
  }

  // Whether a node only reads what the one before made, and is the only one that does.
  [[nodiscard]] bool continues(uint32_t index) const {
    const uint32_t between = graph_.nodes()->Get(index - 1)->outputs()->Get(0);
    const nb::Node& node = *graph_.nodes()->Get(index);
    return readers_[between] == 1 && node.inputs()->size() != 0 &&
           node.inputs()->Get(0) == static_cast<int32_t>(between) &&
           ConvChain::is_worth(values_[between], common_.cache_bytes);
  }

  void close(uint32_t begin, uint32_t end) {
    for (uint32_t i = begin; i < end; ++i) {
      chains_.runs_at[i] = end - 1;
      if (i + 1 < end) chains_.inside[graph_.nodes()->Get(i)->outputs()->Get(0)] = true;
    }
  }

  const nb::Graph& graph_;
  Span<const OpEntry* const> entries_;
  const Extents& extents_;
  Span<const Tensor> values_;
  const PrepareContext& common_;
  const TuneTable* tuned_;
  std::vector<int> readers_;       // per value; a graph output has one more
  std::vector<bool> may_be_part_;  // per value: of another one
  Chains chains_;
};

}  // namespace

Chains find_chains(const nb::Graph& graph, Span<const OpEntry* const> entries,
                   const Extents& extents, Span<const Tensor> values, const PrepareContext& common,
                   const TuneTable* tuned) {
  return ChainFinder(graph, entries, extents, values, common, tuned).find();
}

}  // namespace lite
