// SPDX-License-Identifier: Apache-2.0
// Times the layers of nets one by one: median time, and share of the peak of fused multiply-adds,
// or with --int8 of dot products of bytes, that is measured in turns with the layer. Weights are
// cold, as in a net: each layer has several copies that take turns; with --hot there is one.
//   kernels [--net mobilenet_v2|efficientnet_lite0|squares|windows] [--int8] [--hot] [--threads N]
//           [--repeats R] [--json]
// The net `windows` has each layer by each algorithm that there is, in turns, and `chosen`.
// LITE_FORCE_ISA chooses the instruction set.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "ops/op.h"
#include "peak.h"

namespace lite {
namespace {

constexpr size_t kColdBytes = 64 << 20;
constexpr int kGreatestCopies = 64;
constexpr double kSliceNs = 100e3;  // of runs that are timed together
constexpr const char* kAlgorithms[] = {"gemm_taps", "winograd_2x3", "winograd_4x3", "winograd_6x3",
                                       "chosen"};

struct Layer {
  std::string name;
  Shape x, w, y;
  int64_t stride = 1, pad = 0, groups = 1;
  bool residual = false;
  std::string activation = "none";
  bool integers = false;
  std::string kernel;  // to pick; "": any
  int turns = 1;       // layers from this one on that are timed in turns

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

  // Windows of 3 x 3 with steps of 1, by all algorithms.
  std::vector<Layer> windows() {
    constexpr int64_t rows[][3] = {{16, 16, 112},  {32, 32, 112},  {32, 32, 56},   {64, 64, 56},
                                   {64, 16, 56},   {128, 128, 56}, {128, 128, 28}, {256, 256, 28},
                                   {256, 256, 14}, {512, 512, 14}, {512, 512, 7},  {96, 96, 20}};
    for (const auto& row : rows)
      for (const char* algorithm : kAlgorithms) {
        channels_ = row[0];
        extent_ = row[2];
        conv(algorithm, row[1], 3, 1, false, true, false);
        layers_.back().turns = algorithm == kAlgorithms[0] ? std::size(kAlgorithms) : 0;
        if (std::strcmp(algorithm, "chosen") != 0) layers_.back().kernel = algorithm;
      }
    return std::move(layers_);
  }

  // Layers that are all products, as many channels in as out.
  std::vector<Layer> squares() {
    constexpr int64_t rows[][3] = {
        {512, 14, 1}, {128, 28, 1}, {64, 56, 3}, {256, 14, 3}, {32, 56, 1}};
    for (const auto& row : rows) {
      channels_ = row[0];
      extent_ = row[1];
      conv(row[2] == 1 ? "1x1" : "3x3", row[0], row[2], 1, false, true, false);
    }
    return std::move(layers_);
  }

 private:
  int64_t extent_ = 224, channels_ = 3;
  std::vector<Layer> layers_;
};

class Buffer {
 public:
  explicit Buffer(size_t bytes)
      : data_(static_cast<std::byte*>(std::aligned_alloc(64, (bytes + 127) / 64 * 64))) {}
  Buffer(DType dtype, int64_t count)
      : Buffer(static_cast<size_t>(count) * dtype_size_bytes(dtype)) {
    for (int64_t i = 0; i < count; ++i) fill(dtype, i);
  }
  Buffer(Buffer&& other) noexcept : data_(other.data_) { other.data_ = nullptr; }
  Buffer(const Buffer&) = delete;
  ~Buffer() { std::free(data_); }
  std::byte* data() const { return data_; }

 private:
  void fill(DType dtype, int64_t i) {
    if (dtype == DType::f32)
      reinterpret_cast<float*>(data_)[i] = static_cast<float>(i % 31) * 0.02f - 0.3f;
    if (dtype == DType::s32) reinterpret_cast<int32_t*>(data_)[i] = static_cast<int32_t>(i % 31);
    if (dtype == DType::s8)
      reinterpret_cast<int8_t*>(data_)[i] = static_cast<int8_t>(i % 251 - 125);
  }

  std::byte* data_;
};

Tensor tensor_of(const Shape& shape, DType dtype, const Buffer& buffer, bool constant) {
  Tensor tensor;
  tensor.shape = shape;
  tensor.dtype = dtype;
  tensor.constant = constant;
  tensor.data = buffer.data();
  return tensor;
}

struct Timing {
  double median_ns = 0, least_ns = 0;
  double share = 0;  // median, of the peak that was measured right after each run
};

double median_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// The ops of the copies, with everything they read and write.
class Runner {
 public:
  Runner(const Layer& layer, Isa isa, ThreadTeam& team, bool hot)
      : layer_(layer),
        dtype_(layer.integers ? DType::s8 : DType::f32),
        x_(dtype_, layer.x.count()),
        y_(dtype_, layer.y.count()),
        residual_(dtype_, layer.y.count()),
        bias_(layer.integers ? DType::s32 : DType::f32, layer.y[3]),
        scale_(DType::f32, layer.y[3]),
        team_(team) {
    const size_t bytes = static_cast<size_t>(layer.w.count()) * dtype_size_bytes(dtype_);
    const size_t copies = hot ? 1 : std::min<size_t>(kGreatestCopies, kColdBytes / bytes + 1);
    std::fill_n(reinterpret_cast<float*>(scale_.data()), layer.y[3], 0.01f);
    Shape vector;
    vector.rank = 1;
    vector[0] = layer.y[3];
    const Buffer weights(dtype_, layer.w.count());
    inputs_ = {tensor_of(layer.x, dtype_, x_, false), tensor_of(layer.w, dtype_, weights, true)};
    inputs_.push_back(tensor_of(vector, layer.integers ? DType::s32 : DType::f32, bias_, true));
    if (layer.integers) inputs_.push_back(tensor_of(vector, DType::f32, scale_, true));
    if (layer.residual) inputs_.push_back(tensor_of(layer.y, dtype_, residual_, false));
    outputs_ = {tensor_of(layer.y, dtype_, y_, false)};
    for (size_t i = 0; i < copies && status_.ok(); ++i) status_ = add_copy(isa);
  }

  const Status& status() const { return status_; }
  const Layer& layer() const { return layer_; }

  // A slice of runs, and the peak right after it.
  void sample(const bench::Chains& peak) {
    if (scratch_ == nullptr) {
      scratch_ = std::make_unique<Buffer>(scratch_bytes_);
      runs_ = 1 + static_cast<int>(kSliceNs / slice_ns(3));
    }
    times_.push_back(slice_ns(runs_));
    shares_.push_back(layer_.operations() / times_.back() / (bench::rate_of(peak) * team_.size()));
  }

  Timing timing() const {
    return {median_of(times_), *std::min_element(times_.begin(), times_.end()), median_of(shares_)};
  }

 private:
  // Nanoseconds of one of so many runs, by turns on each copy.
  double slice_ns(int runs) {
    RunContext context;
    context.inputs = inputs_;
    context.outputs = outputs_;
    context.scratch = scratch_->data();
    context.team = &team_;
    const uint64_t begin = monotonic_ns();
    for (int i = 0; i < runs; ++i) ops_[next_++ % ops_.size()]->run(context);
    return static_cast<double>(monotonic_ns() - begin) / runs;
  }

  Status add_copy(Isa isa) {
    constexpr bool given[] = {true, true, true, true, true};
    const LayerAttributes attributes(layer_);
    PrepareContext context;
    context.attributes = &attributes;
    context.inputs = inputs_;
    context.outputs = outputs_;
    context.given = {given, inputs_.size()};
    context.isa = isa;
    context.threads = team_.size();
    context.kernel = layer_.kernel.c_str();
    ops_.push_back(find_op(layer_.integers ? "q_conv2d" : "conv2d")->create());
    LITE_RETURN_IF_ERROR(ops_.back()->prepare(context));
    scratch_bytes_ = context.scratch_bytes;
    return Status();
  }

  const Layer& layer_;
  DType dtype_;
  Buffer x_, y_, residual_, bias_, scale_;
  ThreadTeam& team_;
  std::vector<Tensor> inputs_, outputs_;
  std::vector<std::unique_ptr<Op>> ops_;
  std::unique_ptr<Buffer> scratch_;
  size_t scratch_bytes_ = 0, next_ = 0;
  int runs_ = 1;
  std::vector<double> times_, shares_;
  Status status_;
};

struct Options {
  std::string net = "mobilenet_v2";
  int threads = 1;
  int repeats = 60;
  bool json = false, integers = false, hot = false;
};

void print_row(const Options& options, const char* name, double operations, const Timing& timing) {
  const char* format = options.json
                           ? "{\"layer\": \"%s\", \"time_us\": %.2f, \"least_us\": %.2f, "
                             "\"gops\": %.1f, \"share\": %.3f}\n"
                           : "%-32s %9.1f us  least %9.1f us %8.1f GOPS  %5.1f %% of peak\n";
  std::printf(format, name, timing.median_ns * 1e-3, timing.least_ns * 1e-3,
              operations / timing.median_ns, timing.share * (options.json ? 1.0 : 100.0));
}

std::vector<Layer> layers_of(const Options& options) {
  NetBuilder builder;
  std::vector<Layer> layers = options.net == "squares"        ? builder.squares()
                              : options.net == "windows"      ? builder.windows()
                              : options.net == "mobilenet_v2" ? builder.net(kMobileNetV2)
                                                              : builder.net(kEfficientNetLite0);
  for (Layer& layer : layers) layer.integers = options.integers;
  return layers;
}

Status time_net(const Options& options) {
  LITE_ASSIGN_OR_RETURN(const Isa isa, choose_isa());
  ThreadTeam team(options.threads);
  const bench::Chains chains = options.integers ? bench::dots_of(isa) : bench::chains_of(isa);
  const double peak = bench::peak_of(chains, 100) * options.threads;
  if (!options.json)
    std::printf("%s, %s, %d threads, peak of %s %.1f GOPS\n", options.net.c_str(), isa_name(isa),
                options.threads, options.integers ? "dot products" : "fused multiply-adds", peak);
  Timing total;
  double operations = 0;
  const std::vector<Layer> layers = layers_of(options);
  for (size_t first = 0; first < layers.size(); first += static_cast<size_t>(layers[first].turns)) {
    std::vector<std::unique_ptr<Runner>> runners;
    for (int turn = 0; turn < layers[first].turns; ++turn) {
      const Layer& layer = layers[first + static_cast<size_t>(turn)];
      runners.push_back(std::make_unique<Runner>(layer, isa, team, options.hot));
      if (!runners.back()->status().ok()) return runners.back()->status();
    }
    for (int i = 0; i < options.repeats; ++i)
      for (const auto& runner : runners) runner->sample(chains);
    for (const auto& runner : runners) {
      const Layer& layer = runner->layer();
      const Timing timing = runner->timing();
      print_row(options, layer.name.c_str(), layer.operations(), timing);
      total.median_ns += timing.median_ns;
      total.least_ns += timing.least_ns;
      operations += layer.operations();
    }
  }
  total.share = operations / total.median_ns / peak;
  print_row(options, "total", operations, total);
  return Status();
}

}  // namespace
}  // namespace lite

int main(int count, char** words) {
  lite::Options options;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    const char* value = i + 1 < count ? words[i + 1] : "";
    bool* flag = word == "--json"   ? &options.json
                 : word == "--int8" ? &options.integers
                 : word == "--hot"  ? &options.hot
                                    : nullptr;
    if (flag != nullptr) {
      *flag = true;
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
