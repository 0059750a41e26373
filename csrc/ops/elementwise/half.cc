// SPDX-License-Identifier: Apache-2.0
#include "ops/elementwise/half.h"

#include <algorithm>

#include "ops/elementwise/tiles.h"

namespace lite {
namespace {

size_t aligned(size_t bytes) { return (bytes + 63) / 64 * 64; }

void widen(const cast::Kernels& kernels, const Tensor& from, float* to, ThreadTeam& team) {
  const Half* halves = from.as<Half>();
  for_each_tile(team, from.shape.count(), [&](int64_t begin, int64_t end) {
    kernels.f16_f32(halves + begin, to + begin, end - begin);
  });
}

void narrow(const cast::Kernels& kernels, const float* from, const Tensor& to, ThreadTeam& team) {
  Half* halves = to.as<Half>();
  for_each_tile(team, to.shape.count(), [&](int64_t begin, int64_t end) {
    kernels.f32_f16(from + begin, halves + begin, end - begin);
  });
}

}  // namespace

void HalfAdapter::substitute(Span<const Tensor> tensors, std::vector<Tensor>& wide,
                             std::vector<Place>& places, size_t& bytes) {
  wide.assign(tensors.begin(), tensors.end());
  places.assign(tensors.size(), Place());
  for (size_t i = 0; i < wide.size(); ++i) {
    if (wide[i].dtype != DType::f16) continue;
    wide[i].dtype = DType::f32;
    wide[i].constant = false;
    wide[i].data = nullptr;
    places[i] = {bytes, true};
    bytes += aligned(wide[i].size_bytes());
    half_ = true;
  }
}

Status HalfAdapter::prepare(PrepareContext& context) {
  half_ = false;
  size_t bytes = 0;
  substitute(context.inputs, inputs_, input_places_, bytes);
  substitute(context.outputs, outputs_, output_places_, bytes);
  if (!half_) return op_->prepare(context);
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
  if (!half_) return op_->run(context);
  for (size_t i = 0; i < inputs_.size(); ++i) {
    inputs_[i].data = context.inputs[i].data;
    if (!input_places_[i].half) continue;
    inputs_[i].data = context.scratch + input_places_[i].offset;
    widen(*kernels_, context.inputs[i], inputs_[i].as<float>(), *context.team);
  }
  for (size_t i = 0; i < outputs_.size(); ++i)
    outputs_[i].data = output_places_[i].half ? context.scratch + output_places_[i].offset
                                              : context.outputs[i].data;
  RunContext inner = context;
  inner.inputs = inputs_;
  inner.outputs = outputs_;
  op_->run(inner);
  for (size_t i = 0; i < outputs_.size(); ++i)
    if (output_places_[i].half)
      narrow(*kernels_, outputs_[i].as<float>(), context.outputs[i], *context.team);
}

}  // namespace lite
