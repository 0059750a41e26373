// SPDX-License-Identifier: Apache-2.0
#include "ops/elementwise/half.h"

#include <algorithm>

#include "ops/elementwise/tiles.h"

namespace lite {
namespace {

size_t aligned(size_t bytes) { return (bytes + 63) / 64 * 64; }

// From halves to floats, or from floats to halves.
void convert(const cast::Kernels& kernels, const Tensor& from, const Tensor& to, ThreadTeam& team) {
  for_each_tile(team, to.shape.count(), [&](int64_t begin, int64_t end) {
    if (to.dtype == DType::f32) {
      kernels.f16_f32(from.as<Half>() + begin, to.as<float>() + begin, end - begin);
    } else {
      kernels.f32_f16(from.as<float>() + begin, to.as<Half>() + begin, end - begin);
    }
  });
}

}  // namespace

// `given` has a flag per tensor that may be left out.
void HalfAdapter::substitute(Span<const Tensor> tensors, Span<const bool> given,
                             std::vector<Tensor>& own, std::vector<Place>& places, size_t& bytes) {
  own.assign(tensors.begin(), tensors.end());
  places.assign(tensors.size(), Place());
  for (size_t i = 0; i < own.size(); ++i) {
    const bool absent = i < given.size() && !given[i];
    if (own[i].dtype != converted_ || absent || (own[i].constant && !constants_)) continue;
    own[i].dtype = converted_ == DType::f16 ? DType::f32 : DType::f16;
    own[i].constant = false;
    own[i].data = nullptr;
    places[i] = {bytes, true};
    bytes += aligned(own[i].size_bytes());
    converts_ = true;
  }
}

Status HalfAdapter::prepare(PrepareContext& context) {
  converts_ = false;
  size_t bytes = 0;
  substitute(context.inputs, context.given, inputs_, input_places_, bytes);
  substitute(context.outputs, {}, outputs_, output_places_, bytes);
  if (!converts_) return op_->prepare(context);
  kernels_ = &cast::kernels(context.isa);
  PrepareContext inner = context;
  inner.inputs = inputs_;
  inner.outputs = outputs_;
  inner.scratch_bytes = 0;
  LITE_RETURN_IF_ERROR(op_->prepare(inner));
  const size_t own = aligned(inner.scratch_bytes);
  for (Place& place : input_places_) place.offset += own;
  for (Place& place : output_places_) place.offset += own;
  context.scratch_bytes = std::max(context.scratch_bytes, own + bytes);
  return Status();
}

void HalfAdapter::run(const RunContext& context) {
  if (!converts_) return op_->run(context);
  for (size_t i = 0; i < inputs_.size(); ++i) {
    inputs_[i].data = context.inputs[i].data;
    if (!input_places_[i].converted) continue;
    inputs_[i].data = context.scratch + input_places_[i].offset;
    convert(*kernels_, context.inputs[i], inputs_[i], *context.team);
  }
  for (size_t i = 0; i < outputs_.size(); ++i)
    outputs_[i].data = output_places_[i].converted ? context.scratch + output_places_[i].offset
                                                   : context.outputs[i].data;
  RunContext inner = context;
  inner.inputs = inputs_;
  inner.outputs = outputs_;
  op_->run(inner);
  for (size_t i = 0; i < outputs_.size(); ++i)
    if (output_places_[i].converted)
      convert(*kernels_, outputs_[i], context.outputs[i], *context.team);
}

}  // namespace lite
