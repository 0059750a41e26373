// SPDX-License-Identifier: Apache-2.0
#include "plan/parts.h"

#include <optional>

#include "base/arena.h"

namespace lite {
namespace {

// Where a value lies, or would lie.
struct Location {
  uint32_t root = 0;
  uint64_t offset = 0;  // bytes
  int64_t pitch = 0;

  [[nodiscard]] bool is_plain() const { return pitch == 0 && offset % kAlignment == 0; }
};

Location location_of(const Sharing& sharing, uint32_t value) {
  return {sharing.roots[value], sharing.offsets[value], sharing.pitches[value]};
}

// The part of a tensor that begins at an element of an axis; none if it is no run of rows, nor the
// same part of each row.
std::optional<Location> part_of(const Tensor& whole, const Location& place, int64_t axis,
                                int64_t begin) {
  const int rank = whole.shape.rank, last = rank - 1;
  if (axis < 0 || axis > last) return std::nullopt;
  const int64_t row = place.pitch != 0 ? place.pitch : whole.shape[last];
  const int64_t element_bytes = static_cast<int64_t>(dtype_size_bytes(whole.dtype));
  const int along = static_cast<int>(axis);
  const bool one_row = whole.shape.count(0, last) == 1;
  Location part = place;
  int64_t elements = begin;
  if (along != last) {
    if (whole.shape.count(0, along) != 1) return std::nullopt;
    elements *= whole.shape.count(along + 1, last) * row;
  } else {
    part.pitch = one_row ? 0 : row;
  }
  part.offset += static_cast<uint64_t>(elements * element_bytes);
  return part;
}

class PartPlacer {
 public:
  PartPlacer(const nb::Graph& graph, Span<const OpEntry* const> entries, Span<const int64_t> axes,
             Span<const Tensor> values, Sharing& sharing)
      : graph_(graph),
        entries_(entries),
        axes_(axes),
        values_(values),
        sharing_(sharing),
        fixed_(values.size(), false),
        pitched_readers_(values.size(), true),
        pitched_writer_(values.size(), false) {}

  void place() {
    look_at_uses();
    const uint32_t nodes = graph_.nodes()->size();
    // What is joined to a part lies there, too; so the last node comes first.
    for (uint32_t i = nodes; i-- > 0;)
      if (entries_[i]->flags & kJoins) place_parts_of(i);
    for (uint32_t i = 0; i < nodes; ++i)
      if (entries_[i]->flags & kSplits) place_parts_of(i);
  }

 private:
  void look_at_uses() {
    for (uint32_t i = 0; i < graph_.nodes()->size(); ++i) {
      const nb::Node& node = *graph_.nodes()->Get(i);
      const unsigned flags = entries_[i]->flags;
      for (uint32_t j = 0; j < node.inputs()->size(); ++j) {
        const int32_t input = node.inputs()->Get(j);
        const bool pitched = (flags & kPitchedInputs) || (j == 0 && (flags & kPitchedInput));
        if (input >= 0 && !pitched) pitched_readers_[static_cast<uint32_t>(input)] = false;
      }
      for (uint32_t output : *node.outputs()) {
        pitched_writer_[output] = (flags & kPitchedOutputs) != 0;
        if (flags & kAlias) {  // both sides must stay one block
          fixed_[output] = true;
          fixed_[static_cast<uint32_t>(node.inputs()->Get(0))] = true;
        }
      }
    }
    for (uint32_t output : *graph_.outputs()) fixed_[output] = true;
    for (uint32_t i = 0; i < values_.size(); ++i)
      if (sharing_.outside[i] || values_[i].shape.rank == 0 || values_[i].shape.count() == 0)
        fixed_[i] = true;
  }

  void place_parts_of(uint32_t index) {
    const unsigned flags = entries_[index]->flags;
    for (const Part& part : parts_of(*graph_.nodes()->Get(index), flags, axes_[index], values_))
      move(part, (flags & kSplits) || pitched_writer_[part.part]);
  }

  // Lets a part lie in the whole, once and for all, if nobody minds.
  void move(const Part& moved, bool writer_fits) {
    const auto [part, whole, axis, begin] = moved;
    const bool own = sharing_.roots[part] == part && part != whole;
    if (!own || fixed_[part] || !fits(moved)) return;
    const std::optional<Location> place =
        part_of(values_[whole], location_of(sharing_, whole), axis, begin);
    if (!place) return;
    if (!place->is_plain() && !(writer_fits && pitched_readers_[part])) return;
    sharing_.roots[part] = place->root;
    sharing_.offsets[part] = place->offset;
    sharing_.pitches[part] = place->pitch;
    sharing_.outside[part] = sharing_.outside[whole];
    fixed_[part] = true;
  }

  // A damaged file may say anything: the op refuses it later.
  [[nodiscard]] bool fits(const Part& moved) const {
    const Tensor& inner = values_[moved.part];
    const Tensor& outer = values_[moved.whole];
    if (inner.dtype != outer.dtype || inner.shape.rank != outer.shape.rank) return false;
    if (outer.packing != Packing::plain) return false;
    for (int i = 0; i < outer.shape.rank; ++i)
      if (i == moved.axis ? moved.begin + inner.shape[i] > outer.shape[i]
                          : inner.shape[i] != outer.shape[i])
        return false;
    return true;
  }

  const nb::Graph& graph_;
  Span<const OpEntry* const> entries_;
  Span<const int64_t> axes_;
  Span<const Tensor> values_;
  Sharing& sharing_;
  std::vector<bool> fixed_;            // stays where it is
  std::vector<bool> pitched_readers_;  // all that read it take parts
  std::vector<bool> pitched_writer_;
};

}  // namespace

void place_parts(const nb::Graph& graph, Span<const OpEntry* const> entries,
                 Span<const int64_t> axes, Span<const Tensor> values, Sharing& sharing) {
  PartPlacer(graph, entries, axes, values, sharing).place();
}

std::vector<Part> parts_of(const nb::Node& node, unsigned flags, int64_t axis,
                           Span<const Tensor> values) {
  std::vector<Part> parts;
  const bool joins = (flags & kJoins) != 0;
  if (!joins && (node.inputs()->size() != 1 || node.inputs()->Get(0) < 0)) return parts;
  const uint32_t whole =
      joins ? node.outputs()->Get(0) : static_cast<uint32_t>(node.inputs()->Get(0));
  const uint32_t count = joins ? node.inputs()->size() : node.outputs()->size();
  int64_t begin = 0;
  for (uint32_t i = 0; i < count; ++i) {
    if (joins && node.inputs()->Get(i) < 0) break;
    const uint32_t part =
        joins ? static_cast<uint32_t>(node.inputs()->Get(i)) : node.outputs()->Get(i);
    parts.push_back({part, whole, axis, begin});
    const Shape& shape = values[part].shape;
    if (axis >= 0 && axis < shape.rank) begin += shape[static_cast<int>(axis)];
  }
  return parts;
}

bool is_placed(const Sharing& sharing, Span<const Tensor> values, const Part& part) {
  const std::optional<Location> place =
      part_of(values[part.whole], location_of(sharing, part.whole), part.axis, part.begin);
  const Location found = location_of(sharing, part.part);
  return place && found.root == place->root && found.offset == place->offset &&
         found.pitch == place->pitch && values[part.part].shape.count() != 0;
}

}  // namespace lite
