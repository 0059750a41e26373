// SPDX-License-Identifier: Apache-2.0
// Parts: a tensor and others that it consists of, one behind the other along an axis.
#pragma once

#include <vector>

#include "ops/checks.h"
#include "ops/movement/elements.h"
#include "ops/movement/strided_copy.h"
#include "ops/op.h"

namespace lite {

class Parts {
 public:
  // Copies parts to the whole, or the whole to its parts, but those that lie there.
  Status prepare(const PrepareContext& context, bool joins) {
    const Span<const Tensor> parts = joins ? context.inputs : context.outputs;
    const Tensor& whole = joins ? context.outputs[0] : context.inputs[0];
    const int64_t given = context.attributes->integer("axis", 0);
    LITE_RETURN_IF_ERROR(check_range("axis", given, 0, whole.shape.rank - 1));
    const int axis = static_cast<int>(given);
    const Shape strides = strides_of(whole);
    int64_t begin = 0;
    for (size_t i = 0; i < parts.size(); ++i) {
      Shape expected = whole.shape;
      expected[axis] = parts[i].shape[axis];
      LITE_RETURN_IF_ERROR(check_shape("a part", parts[i].shape, expected));
      copies_.emplace_back();
      if (!context.is_placed(i)) {
        const Place place = {whole, parts[i].shape.count() == 0 ? 0 : begin * strides[axis]};
        LITE_RETURN_IF_ERROR(copy(copies_.back(), parts[i], place, joins, context.isa));
        bytes_ += parts[i].size_bytes();
      }
      tiles_ += copies_.back().tiles();
      begin += parts[i].shape[axis];
    }
    return check_range("the sum of the parts' extents", begin, whole.shape[axis],
                       whole.shape[axis]);
  }

  // copy(i, part i's copy, tile of it)
  template <class Copy>
  void run(ThreadTeam& team, const Copy& copy) const {
    const auto tile_of_all = [&](int64_t tile) {
      size_t i = 0;
      for (; tile >= copies_[i].tiles(); ++i) tile -= copies_[i].tiles();
      copy(i, copies_[i], tile);
    };
    const bool small = bytes_ <= StridedCopy::kTileBytes;
    if (!small) return team.parallel_for(tiles_, tile_of_all);
    for (int64_t tile = 0; tile < tiles_; ++tile) tile_of_all(tile);
  }

 private:
  static Status copy(StridedCopy& copy, const Tensor& part, const Place& place, bool joins,
                     Isa isa) {
    const Shape inner = strides_of(part), outer = strides_of(place.tensor);
    const Shape& from = joins ? inner : outer;
    const Shape& to = joins ? outer : inner;
    CopyAxis axes[kMaxRank];
    for (int i = 0; i < to.rank; ++i) axes[i] = {part.shape[i], from[i], to[i]};
    const Span<const CopyAxis> all = {axes, static_cast<size_t>(to.rank)};
    return joins ? copy.prepare({part}, place, all, isa) : copy.prepare(place, {part}, all, isa);
  }

  std::vector<StridedCopy> copies_;  // one per part
  int64_t tiles_ = 0;
  size_t bytes_ = 0;  // that are copied
};

}  // namespace lite
