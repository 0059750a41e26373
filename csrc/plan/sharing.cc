// SPDX-License-Identifier: Apache-2.0
#include "plan/sharing.h"

#include <algorithm>
#include <limits>

#include "plan/parts.h"
#include "plan/pitches.h"

namespace lite {
namespace {

class Sharer {
 public:
  Sharer(const nb::Graph& graph, Span<const OpEntry* const> entries, Span<const int64_t> axes,
         Span<const Tensor> values, const Chains& chains)
      : graph_(graph), entries_(entries), axes_(axes), values_(values), chains_(chains) {
    const size_t count = values.size();
    sharing_.roots.resize(count);
    for (uint32_t i = 0; i < count; ++i) sharing_.roots[i] = i;
    sharing_.offsets.assign(count, 0);
    sharing_.pitches.assign(count, 0);
    sharing_.first.assign(count, std::numeric_limits<int>::max());
    sharing_.last.assign(count, -1);
    sharing_.outside.assign(count, false);
  }

  [[nodiscard]] Result<Sharing> share() {
    mark_outside();
    LITE_RETURN_IF_ERROR(join_aliases());
    place_parts(graph_, entries_, axes_, values_, sharing_);
    keep_rows_apart(graph_, entries_, values_, sharing_);
    mark_uses();
    for (uint32_t i = 0; i < graph_.nodes()->size(); ++i)
      if (entries_[i]->flags & kInPlace) join_in_place(i);
    return std::move(sharing_);
  }

 private:
  void mark_outside() {
    for (uint32_t input : *graph_.inputs()) sharing_.outside[input] = true;
    for (uint32_t i = 0; i < values_.size(); ++i)
      if (values_[i].constant || chains_.inside[i]) sharing_.outside[i] = true;
  }

  [[nodiscard]] Status join_aliases() {
    for (uint32_t i = 0; i < graph_.nodes()->size(); ++i) {
      if (!(entries_[i]->flags & kAlias)) continue;
      const nb::Node& node = *graph_.nodes()->Get(i);
      const int32_t input = node.inputs()->size() != 0 ? node.inputs()->Get(0) : -1;
      const uint32_t output = node.outputs()->Get(0);
      if (input < 0 || values_[static_cast<uint32_t>(input)].packing != Packing::plain ||
          values_[static_cast<uint32_t>(input)].size_bytes() != values_[output].size_bytes())
        return error(Code::k_bad_shape,
                     "node '%s' (%s): the output cannot be the input seen with another shape",
                     node.name()->c_str(), entries_[i]->name);
      sharing_.roots[output] = sharing_.roots[static_cast<uint32_t>(input)];
      sharing_.outside[output] = sharing_.outside[static_cast<uint32_t>(input)];
    }
    return Status();
  }

  void mark_uses() {
    const int nodes = static_cast<int>(graph_.nodes()->size());
    for (uint32_t index = 0; index < graph_.nodes()->size(); ++index) {
      const nb::Node& node = *graph_.nodes()->Get(index);
      const int i = static_cast<int>(chains_.runs_at[index]);
      for (int32_t input : *node.inputs())
        if (input >= 0) {
          int& last = last_of(static_cast<uint32_t>(input));
          last = std::max(last, i);
        }
      for (uint32_t output : *node.outputs()) {
        int& first = sharing_.first[sharing_.roots[output]];
        first = std::min(first, i);
        last_of(output) = std::max(last_of(output), i);
      }
    }
    for (uint32_t output : *graph_.outputs()) last_of(output) = nodes;
  }

  int& last_of(uint32_t value) { return sharing_.last[sharing_.roots[value]]; }

  // Lets output 0 take over the memory of input 0 if nothing else reads that memory from this node
  // on.
  void join_in_place(uint32_t index) {
    const nb::Node& node = *graph_.nodes()->Get(index);
    if (node.inputs()->size() == 0 || node.inputs()->Get(0) < 0) return;
    const uint32_t input = static_cast<uint32_t>(node.inputs()->Get(0)),
                   output = node.outputs()->Get(0);
    const uint32_t root = sharing_.roots[input];
    if (sharing_.outside[root] || sharing_.last[root] != static_cast<int>(index)) return;
    if (values_[root].size_bytes() != values_[input].size_bytes()) return;  // a part
    if (sharing_.roots[output] != output ||
        values_[input].size_bytes() != values_[output].size_bytes())
      return;
    for (uint32_t i = 1; i < node.inputs()->size(); ++i) {
      const int32_t other = node.inputs()->Get(i);
      if (other >= 0 && sharing_.roots[static_cast<uint32_t>(other)] == root) return;
    }
    sharing_.last[root] = sharing_.last[output];
    for (uint32_t i = 0; i < values_.size(); ++i)
      if (sharing_.roots[i] == output) sharing_.roots[i] = root;
  }

  const nb::Graph& graph_;
  Span<const OpEntry* const> entries_;
  Span<const int64_t> axes_;
  Span<const Tensor> values_;
  const Chains& chains_;
  Sharing sharing_;
};

}  // namespace

Result<Sharing> share_memory(const nb::Graph& graph, Span<const OpEntry* const> entries,
                             Span<const int64_t> axes, Span<const Tensor> values,
                             const Chains& chains) {
  return Sharer(graph, entries, axes, values, chains).share();
}

}  // namespace lite
