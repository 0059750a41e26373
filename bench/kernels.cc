// SPDX-License-Identifier: Apache-2.0
// Times the layers of nets one by one: median time, share of the peak of fused multiply-adds that
// this same run measured. Weights are cold, as in a net: each layer has several copies that take
// turns.
//   kernels [--net mobilenet_v2|efficientnet_lite0] [--threads N] [--repeats R] [--json]
// LITE_FORCE_ISA chooses the instruction set.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "base/clock.h"
#include "ops/op.h"
#include "peak.h"

namespace lite {
namespace {

constexpr size_t kColdBytes = 24 << 20;
constexpr int kGreatestCopies = 24;

struct Layer {
  std::string name;
  Shape x, w, y;
  int64_t stride = 1, pad = 0, groups = 1;
  bool residual = false;
  std::string activation = "none";

  double operations() const {
    return 2.0 * static_cast<double>(y.count()) * static_cast<double>(w.count(1, w.rank));
  }
};

class LayerAttributes final : public Attributes {
 public:
  explicit LayerAttributes(const Layer& layer)
      : layer_(layer),
        strides_{layer.stride, layer.stride},
        pads_{layer.pad, layer.pad, layer.pad, layer.pad} {}
  int64_t integer(const char* name, int64_t fallback) const override {
    return std::strcmp(name, "groups") == 0 ? layer_.groups : fallback;
  }
  float real(const char*, float fallback) const override { return fallback; }
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

Shape shape_of(int64_t a, int64_t b, int64_t c, int64_t d) {
  Shape shape;
  shape.rank = 4;
  shape.dims = {a, b, c, d};
  return shape;
}

// A net of inverted residuals, as rows of: expansion, channels, repeats, stride, kernel.
struct Stage {
  int64_t expansion, channels, repeats, stride, kernel;
};
constexpr Stage kMobileNetV2[] = {{1, 16, 1, 1, 3}, {6, 24, 2, 2, 3}, {6, 32, 3, 2, 3},
                                  {6, 64, 4, 2, 3}, {6, 96, 3, 1, 3}, {6, 160, 3, 2, 3},
                                  {6, 320, 1, 1, 3}};
constexpr Stage kEfficientNetLite0[] = {{1, 16, 1, 1, 3}, {6, 24, 2, 2, 3},  {6, 40, 2, 2, 5},
                                        {6, 80, 3, 2, 3}, {6, 112, 3, 1, 5}, {6, 192, 4, 2, 5},
                                        {6, 320, 1, 1, 3}};

class NetBuilder {
 public:
  void conv(const char* kind, int64_t out, int64_t kernel, int64_t stride, bool depthwise,
            bool active, bool residual) {
    Layer layer;
    layer.stride = stride;
    layer.pad = kernel / 2;
    layer.groups = depthwise ? channels_ : 1;
    layer.activation = active ? "relu6" : "none";
    layer.residual = residual;
    layer.x = shape_of(1, extent_, extent_, channels_);
    layer.w = shape_of(out, channels_ / layer.groups, kernel, kernel);
    extent_ = (extent_ + 2 * layer.pad - kernel) / stride + 1;
    layer.y = shape_of(1, extent_, extent_, out);
    layer.name = std::string(kind) + " " + std::to_string(channels_) + "->" + std::to_string(out) +
                 "@" + std::to_string(extent_) + (kernel > 1 ? " k" + std::to_string(kernel) : "") +
                 (stride > 1 ? " s" + std::to_string(stride) : "");
    channels_ = out;
    layers_.push_back(layer);
  }

  std::vector<Layer> net(Span<const Stage> stages) {
    conv("stem", 32, 3, 2, false, true, false);
    for (const Stage& stage : stages)
      for (int64_t i = 0; i < stage.repeats; ++i) {
        const int64_t in = channels_, stride = i == 0 ? stage.stride : 1;
        if (stage.expansion > 1) conv("expand", in * stage.expansion, 1, 1, false, true, false);
        conv("depthwise", channels_, stage.kernel, stride, true, true, false);
        conv("project", stage.channels, 1, 1, false, false, in == stage.channels && stride == 1);
      }
    conv("head", 1280, 1, 1, false, true, false);
    extent_ = 1;
    conv("classify", 1000, 1, 1, false, false, false);
    return std::move(layers_);
  }

 private:
  int64_t extent_ = 224, channels_ = 3;
  std::vector<Layer> layers_;
};

class Buffer {
 public:
  explicit Buffer(size_t floats)
      : data_(
            static_cast<float*>(std::aligned_alloc(64, (floats * sizeof(float) + 127) / 64 * 64))) {
    for (size_t i = 0; i < floats; ++i) data_[i] = static_cast<float>(i % 31) * 0.02f - 0.3f;
  }
  Buffer(Buffer&& other) noexcept : data_(other.data_) { other.data_ = nullptr; }
  Buffer(const Buffer&) = delete;
  ~Buffer() { std::free(data_); }
  std::byte* data() const { return reinterpret_cast<std::byte*>(data_); }

 private:
  float* data_;
};

Tensor tensor_of(const Shape& shape, const Buffer& buffer, bool constant) {
  Tensor tensor;
  tensor.shape = shape;
  tensor.constant = constant;
  tensor.data = buffer.data();
  return tensor;
}

struct Timing {
  double median_ns = 0, least_ns = 0;
};

// The ops of the copies, with everything they read and write.
class Runner {
 public:
  Runner(const Layer& layer, Isa isa, ThreadTeam& team)
      : x_(static_cast<size_t>(layer.x.count())),
        y_(static_cast<size_t>(layer.y.count())),
        bias_(static_cast<size_t>(layer.y[3])),
        team_(team) {
    const size_t bytes = static_cast<size_t>(layer.w.count()) * sizeof(float);
    const size_t copies = std::min<size_t>(kGreatestCopies, kColdBytes / bytes + 1);
    Shape bias;
    bias.rank = 1;
    bias[0] = layer.y[3];
    const Buffer weights(static_cast<size_t>(layer.w.count()));
    inputs_ = {tensor_of(layer.x, x_, false), tensor_of(layer.w, weights, true),
               tensor_of(bias, bias_, true)};
    if (layer.residual) inputs_.push_back(tensor_of(layer.y, x_, false));
    outputs_ = {tensor_of(layer.y, y_, false)};
    for (size_t i = 0; i < copies && status_.ok(); ++i) status_ = add_copy(layer, isa);
  }

  const Status& status() const { return status_; }

  Timing time(int repeats) {
    std::vector<double> times;
    const Buffer scratch(scratch_bytes_ / sizeof(float) + 1);
    RunContext context;
    context.inputs = inputs_;
    context.outputs = outputs_;
    context.scratch = scratch.data();
    context.team = &team_;
    for (int i = 0; i < repeats + 3; ++i) {
      const uint64_t begin = monotonic_ns();
      ops_[static_cast<size_t>(i) % ops_.size()]->run(context);
      if (i >= 3) times.push_back(static_cast<double>(monotonic_ns() - begin));
    }
    std::sort(times.begin(), times.end());
    return {times[times.size() / 2], times[0]};
  }

 private:
  Status add_copy(const Layer& layer, Isa isa) {
    constexpr bool given[] = {true, true, true, true};
    const LayerAttributes attributes(layer);
    PrepareContext context;
    context.attributes = &attributes;
    context.inputs = inputs_;
    context.outputs = outputs_;
    context.given = {given, inputs_.size()};
    context.isa = isa;
    context.threads = team_.size();
    ops_.push_back(find_op("conv2d")->create());
    LITE_RETURN_IF_ERROR(ops_.back()->prepare(context));
    scratch_bytes_ = context.scratch_bytes;
    return Status();
  }

  Buffer x_, y_, bias_;
  ThreadTeam& team_;
  std::vector<Tensor> inputs_, outputs_;
  std::vector<std::unique_ptr<Op>> ops_;
  size_t scratch_bytes_ = 0;
  Status status_;
};

struct Options {
  std::string net = "mobilenet_v2";
  int threads = 1;
  int repeats = 60;
  bool json = false;
};

void print_row(const Options& options, const char* name, double operations, const Timing& timing,
               double peak) {
  const double flops = operations / timing.median_ns;
  const char* format = options.json
                           ? "{\"layer\": \"%s\", \"time_us\": %.2f, \"least_us\": %.2f, "
                             "\"gflops\": %.1f, \"share\": %.3f}\n"
                           : "%-32s %9.1f us  least %9.1f us %8.1f GFLOPS  %5.1f %% of peak\n";
  std::printf(format, name, timing.median_ns * 1e-3, timing.least_ns * 1e-3, flops,
              flops / peak * (options.json ? 1.0 : 100.0));
}

Status time_net(const Options& options) {
  LITE_ASSIGN_OR_RETURN(const Isa isa, choose_isa());
  ThreadTeam team(options.threads);
  const double peak = bench::fma_peak_gflops(isa) * options.threads;
  const bool mobile = options.net == "mobilenet_v2";
  const std::vector<Layer> layers =
      mobile ? NetBuilder().net(kMobileNetV2) : NetBuilder().net(kEfficientNetLite0);
  if (!options.json)
    std::printf("%s, %s, %d threads, peak of fused multiply-adds %.1f GFLOPS\n",
                options.net.c_str(), isa_name(isa), options.threads, peak);
  Timing total;
  double operations = 0;
  for (const Layer& layer : layers) {
    Runner runner(layer, isa, team);
    if (!runner.status().ok()) return runner.status();
    const Timing timing = runner.time(options.repeats);
    print_row(options, layer.name.c_str(), layer.operations(), timing, peak);
    total.median_ns += timing.median_ns;
    total.least_ns += timing.least_ns;
    operations += layer.operations();
  }
  print_row(options, "total", operations, total, peak);
  return Status();
}

}  // namespace
}  // namespace lite

int main(int count, char** words) {
  lite::Options options;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    const char* value = i + 1 < count ? words[i + 1] : "";
    if (word == "--json") {
      options.json = true;
      continue;
    }
    if (word == "--net") options.net = value;
    if (word == "--threads") options.threads = std::max(1, std::atoi(value));
    if (word == "--repeats") options.repeats = std::max(1, std::atoi(value));
    ++i;
  }
  const lite::Status status = lite::time_net(options);
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", status.text().c_str());
  return 1;
}
