// SPDX-License-Identifier: Apache-2.0
#include "kernel_runner.h"

#include <algorithm>
#include <cstring>

#include "base/clock.h"

namespace lite::bench {
namespace {

constexpr size_t kColdBytes = 64 << 20;
constexpr size_t kGreatestCopies = 64;
constexpr double kSliceNs = 100e3;  // of runs that are timed together

class LayerAttributes final : public Attributes {
 public:
  explicit LayerAttributes(const Layer& layer)
      : layer_(layer),
        strides_{layer.stride, layer.stride},
        pads_{layer.pad, layer.pad, layer.pad, layer.pad} {}
  int64_t integer(const char* name, int64_t fallback) const override {
    if (std::strcmp(name, "x_zero") == 0) return 3;
    return std::strcmp(name, "groups") == 0 ? layer_.groups : fallback;
  }
  float real(const char* name, float fallback) const override {
    return std::strcmp(name, "residual_scale") == 0 ? 0.5f : fallback;
  }
  bool boolean(const char*, bool fallback) const override { return fallback; }
  const char* text(const char* name, const char* fallback) const override {
    if (std::strcmp(name, "layout") == 0) return "nhwc";
    return std::strcmp(name, "activation") == 0 ? layer_.activation.c_str() : fallback;
  }
  Span<const int64_t> integers(const char* name) const override {
    if (std::strcmp(name, "strides") == 0) return strides_;
    if (std::strcmp(name, "pads") == 0) return pads_;
    return {};
  }
  Span<const float> reals(const char*) const override { return {}; }

 private:
  const Layer& layer_;
  std::vector<int64_t> strides_, pads_;
};

Tensor tensor_of(const Shape& shape, DType dtype, const Buffer& buffer, bool constant) {
  Tensor tensor;
  tensor.shape = shape;
  tensor.dtype = dtype;
  tensor.constant = constant;
  tensor.data = buffer.data();
  return tensor;
}

void fill(DType dtype, int64_t i, std::byte* data) {
  if (dtype == DType::f32)
    reinterpret_cast<float*>(data)[i] = static_cast<float>(i % 31) * 0.02f - 0.3f;
  if (dtype == DType::s32) reinterpret_cast<int32_t*>(data)[i] = static_cast<int32_t>(i % 31);
  if (dtype == DType::s8) reinterpret_cast<int8_t*>(data)[i] = static_cast<int8_t>(i % 251 - 125);
}

double median_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

Buffer::Buffer(DType dtype, int64_t count)
    : Buffer(static_cast<size_t>(count) * dtype_size_bytes(dtype)) {
  for (int64_t i = 0; i < count; ++i) fill(dtype, i, data_);
}

Runner::Runner(const Layer& layer, const Bench& bench)
    : layer_(layer),
      bench_(bench),
      dtype_(layer.integers ? DType::s8 : DType::f32),
      x_(dtype_, layer.x.count()),
      y_(dtype_, layer.y.count()),
      residual_(dtype_, layer.y.count()),
      bias_(layer.integers ? DType::s32 : DType::f32, layer.outputs()),
      scale_(DType::f32, layer.outputs()) {
  std::fill_n(reinterpret_cast<float*>(scale_.data()), layer.outputs(), 0.01f);
  Shape vector;
  vector.rank = 1;
  vector[0] = layer.outputs();
  const Buffer weights(dtype_, layer.w.count());
  inputs_ = {tensor_of(layer.x, dtype_, x_, false), tensor_of(layer.w, dtype_, weights, true)};
  inputs_.push_back(tensor_of(vector, layer.integers ? DType::s32 : DType::f32, bias_, true));
  if (layer.integers) inputs_.push_back(tensor_of(vector, DType::f32, scale_, true));
  if (layer.residual) inputs_.push_back(tensor_of(layer.y, dtype_, residual_, false));
  outputs_ = {tensor_of(layer.y, dtype_, y_, false)};
  for (size_t i = 0; i < copies() && status_.ok(); ++i) status_ = add_copy();
}

// What is held against the bandwidth reads as many bytes as the measurement of it.
size_t Runner::copies() const {
  if (bench_.hot) return 1;
  const size_t bytes = static_cast<size_t>(layer_.weights_bytes());
  if (layer_.limit == Limit::bandwidth) return bench_.bandwidth.size_bytes() / bytes + 1;
  return std::min(kGreatestCopies, kColdBytes / bytes + 1);
}

Status Runner::add_copy() {
  constexpr bool given[] = {true, true, true, true, true};
  const LayerAttributes attributes(layer_);
  PrepareContext context;
  context.attributes = &attributes;
  context.inputs = inputs_;
  context.outputs = outputs_;
  context.given = {given, inputs_.size()};
  context.isa = bench_.isa;
  context.precision = bench_.precision;
  context.threads = bench_.team.size();
  context.kernel = layer_.kernel.c_str();
  ops_.push_back(find_op((layer_.integers ? "q_" : "") + std::string(layer_.op))->create());
  LITE_RETURN_IF_ERROR(ops_.back()->prepare(context));
  scratch_bytes_ = context.scratch_bytes;
  return Status();
}

void Runner::sample() {
  if (scratch_ == nullptr) {
    scratch_ = std::make_unique<Buffer>(scratch_bytes_);
    runs_ = 1 + static_cast<int>(kSliceNs / slice_ns(3));
  }
  times_.push_back(slice_ns(runs_));
  shares_.push_back(share_of(times_.back()));
}

Timing Runner::timing() const {
  return {median_of(times_), *std::min_element(times_.begin(), times_.end()), median_of(shares_)};
}

// Nanoseconds of one of so many runs, by turns on each copy.
double Runner::slice_ns(int runs) {
  RunContext context;
  context.inputs = inputs_;
  context.outputs = outputs_;
  context.scratch = scratch_->data();
  context.team = &bench_.team;
  const uint64_t begin = monotonic_ns();
  for (int i = 0; i < runs; ++i) ops_[next_++ % ops_.size()]->run(context);
  return static_cast<double>(monotonic_ns() - begin) / runs;
}

double Runner::share_of(double ns) {
  if (layer_.limit == Limit::bandwidth)
    return layer_.weights_bytes() / ns / bench_.bandwidth.measure(bench_.team);
  const Isa isa = layer_.groups > 1 ? without_tiles(bench_.isa) : bench_.isa;
  const Chains chains = layer_.integers ? dots_of(isa) : chains_of(isa);
  return layer_.operations() / ns / (rate_of(chains) * bench_.team.size());
}

}  // namespace lite::bench
