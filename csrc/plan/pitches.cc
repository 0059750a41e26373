// SPDX-License-Identifier: Apache-2.0
#include "plan/pitches.h"

#include <algorithm>

#include "base/arena.h"

namespace lite {
namespace {

constexpr int64_t kEvictingBytes = 2048;
constexpr int64_t kLeastRows = 32;  // fewer fit as they are

bool evict_one_another(const Tensor& tensor) {
  const int rank = tensor.shape.rank;
  if (rank < 2 || tensor.shape.count(0, rank - 1) < kLeastRows) return false;
  const int64_t row = tensor.shape[rank - 1] * static_cast<int64_t>(dtype_size_bytes(tensor.dtype));
  return row != 0 && row % kEvictingBytes == 0;
}

}  // namespace

void keep_rows_apart(const nb::Graph& graph, Span<const OpEntry* const> entries,
                     Span<const Tensor> values, Sharing& sharing) {
  std::vector<bool> movable(values.size(), false);
  for (uint32_t i = 0; i < graph.nodes()->size(); ++i)
    for (uint32_t output : *graph.nodes()->Get(i)->outputs())
      movable[output] = (entries[i]->flags & kPitchedOutputs) && evict_one_another(values[output]);
  for (uint32_t i = 0; i < graph.nodes()->size(); ++i) {
    const unsigned flags = entries[i]->flags;
    const bool fits = (flags & kPitchedInputs) && !(flags & (kInPlace | kJoins | kSplits));
    for (int32_t input : *graph.nodes()->Get(i)->inputs())
      if (input >= 0 && !fits) movable[static_cast<uint32_t>(input)] = false;
  }
  for (uint32_t output : *graph.outputs()) movable[output] = false;
  for (uint32_t i = 0; i < values.size(); ++i)
    if (sharing.roots[i] != i) movable[sharing.roots[i]] = movable[i] = false;
  for (uint32_t i = 0; i < values.size(); ++i) {
    if (!movable[i] || sharing.outside[i]) continue;
    const int64_t line =
        static_cast<int64_t>(kAlignment) / static_cast<int64_t>(dtype_size_bytes(values[i].dtype));
    sharing.pitches[i] = values[i].shape[values[i].shape.rank - 1] + line;
  }
}

}  // namespace lite
