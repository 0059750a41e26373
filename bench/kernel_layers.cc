// SPDX-License-Identifier: Apache-2.0
#include "kernel_layers.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

namespace lite::bench {
namespace {

constexpr const char* kAlgorithms[] = {"gemm_taps", "winograd_2x3", "winograd_4x3", "winograd_6x3",
                                       ""};

Shape shape_of(std::initializer_list<int64_t> extents) {
  Shape shape;
  shape.rank = static_cast<int>(extents.size());
  std::copy(extents.begin(), extents.end(), shape.dims.begin());
  return shape;
}

// Depthwise and 1 x 1, as rows of: channels, stride.
struct Separable {
  int64_t channels, stride;
};
constexpr Separable kMobileNetV1[] = {{64, 1},  {128, 2},  {128, 1}, {256, 2}, {256, 1},
                                      {512, 2}, {512, 1},  {512, 1}, {512, 1}, {512, 1},
                                      {512, 1}, {1024, 2}, {1024, 1}};

// Inverted residuals, as rows of: expansion, channels, repeats, stride, kernel.
struct Stage {
  int64_t expansion, channels, repeats, stride, kernel;
};
constexpr Stage kMobileNetV2[] = {{1, 16, 1, 1, 3}, {6, 24, 2, 2, 3}, {6, 32, 3, 2, 3},
                                  {6, 64, 4, 2, 3}, {6, 96, 3, 1, 3}, {6, 160, 3, 2, 3},
                                  {6, 320, 1, 1, 3}};
constexpr Stage kEfficientNetLite0[] = {{1, 16, 1, 1, 3}, {6, 24, 2, 2, 3},  {6, 40, 2, 2, 5},
                                        {6, 80, 3, 2, 3}, {6, 112, 3, 1, 5}, {6, 192, 4, 2, 5},
                                        {6, 320, 1, 1, 3}};

// Layers alone, as rows of: input channels, output channels, extent of the input, kernel, stride.
struct Alone {
  int64_t in, out, extent, kernel, stride;
};
constexpr Alone kSquares[] = {{512, 512, 14, 1, 1},  {128, 128, 28, 1, 1}, {256, 256, 28, 1, 1},
                              {1024, 1024, 7, 1, 1}, {64, 64, 56, 3, 1},   {128, 128, 28, 3, 1},
                              {256, 256, 14, 3, 1},  {512, 512, 7, 3, 1},  {32, 32, 56, 1, 1}};
constexpr Alone kWindows[] = {{16, 16, 112, 3, 1},  {32, 32, 112, 3, 1},  {32, 32, 56, 3, 1},
                              {64, 64, 56, 3, 1},   {64, 16, 56, 3, 1},   {128, 128, 56, 3, 1},
                              {128, 128, 28, 3, 1}, {256, 256, 28, 3, 1}, {256, 256, 14, 3, 1},
                              {512, 512, 14, 3, 1}, {512, 512, 7, 3, 1},  {96, 96, 20, 3, 1}};
constexpr Alone kStems[] = {
    {3, 32, 224, 3, 2}, {3, 16, 224, 3, 2}, {3, 64, 224, 3, 1}, {3, 64, 224, 7, 2}};
constexpr int64_t kDepthwise[][2] = {{64, 112}, {128, 56}, {256, 28}, {256, 14}, {512, 14}};
constexpr int64_t kVectors[][2] = {
    {1024, 1000}, {1280, 1000}, {2048, 1000}, {768, 3072}, {4096, 4096}};

// Of layers that follow one another.
class NetBuilder {
 public:
  explicit NetBuilder(int64_t extent = 224, int64_t channels = 3)
      : extent_(extent), channels_(channels) {}

  void conv(const char* kind, int64_t out, int64_t kernel, int64_t stride) {
    add(kind, out, kernel, stride, 1);
  }
  void depthwise(int64_t kernel, int64_t stride) {
    add("depthwise", channels_, kernel, stride, channels_);
  }
  void project(int64_t out, bool residual) {
    add("project", out, 1, 1, 1);
    layers_.back().activation = "none";
    layers_.back().residual = residual;
  }
  void classify(int64_t classes) {
    extent_ = 1;
    add("classify", classes, 1, 1, 1);
    layers_.back().activation = "none";
  }
  int64_t channels() const { return channels_; }
  std::vector<Layer>& layers() { return layers_; }

 private:
  void add(const char* kind, int64_t out, int64_t kernel, int64_t stride, int64_t groups) {
    Layer layer;
    layer.stride = stride;
    layer.pad = kernel / 2;
    layer.groups = groups;
    layer.activation = "relu6";
    layer.x = shape_of({1, extent_, extent_, channels_});
    layer.w = shape_of({out, channels_ / groups, kernel, kernel});
    extent_ = (extent_ + 2 * layer.pad - kernel) / stride + 1;
    layer.y = shape_of({1, extent_, extent_, out});
    layer.name = std::string(kind) + " " + std::to_string(channels_) + "->" + std::to_string(out) +
                 "@" + std::to_string(extent_) + (kernel > 1 ? " k" + std::to_string(kernel) : "") +
                 (stride > 1 ? " s" + std::to_string(stride) : "");
    channels_ = out;
    layers_.push_back(std::move(layer));
  }

  int64_t extent_, channels_;
  std::vector<Layer> layers_;
};

std::vector<Layer> mobilenet_v1() {
  NetBuilder net;
  net.conv("stem", 32, 3, 2);
  for (const Separable& block : kMobileNetV1) {
    net.depthwise(3, block.stride);
    net.conv("point", block.channels, 1, 1);
  }
  net.classify(1000);
  return net.layers();
}

std::vector<Layer> inverted_residuals(Span<const Stage> stages) {
  NetBuilder net;
  net.conv("stem", 32, 3, 2);
  for (const Stage& stage : stages)
    for (int64_t i = 0; i < stage.repeats; ++i) {
      const int64_t in = net.channels(), stride = i == 0 ? stage.stride : 1;
      if (stage.expansion > 1) net.conv("expand", in * stage.expansion, 1, 1);
      net.depthwise(stage.kernel, stride);
      net.project(stage.channels, in == stage.channels && stride == 1);
    }
  net.conv("head", 1280, 1, 1);
  net.classify(1000);
  return net.layers();
}

std::vector<Layer> mobilenet_v2() { return inverted_residuals(kMobileNetV2); }
std::vector<Layer> efficientnet_lite0() { return inverted_residuals(kEfficientNetLite0); }

void append(const char* kind, const Alone& row, std::vector<Layer>& layers) {
  NetBuilder net(row.extent, row.in);
  net.conv(kind, row.out, row.kernel, row.stride);
  layers.push_back(std::move(net.layers().front()));
}

std::vector<Layer> squares() {
  std::vector<Layer> layers;
  for (const Alone& row : kSquares) append(row.kernel == 1 ? "1x1" : "3x3", row, layers);
  return layers;
}

std::vector<Layer> stems() {
  std::vector<Layer> layers;
  for (const Alone& row : kStems) append("stem", row, layers);
  return layers;
}

// By each algorithm, and by the one that is chosen.
std::vector<Layer> windows() {
  std::vector<Layer> layers;
  for (const Alone& row : kWindows)
    for (const char* algorithm : kAlgorithms) {
      append(*algorithm == '\0' ? "chosen" : algorithm, row, layers);
      layers.back().turns = algorithm == kAlgorithms[0] ? std::size(kAlgorithms) : 0;
      layers.back().kernel = algorithm;
    }
  return layers;
}

std::vector<Layer> depthwise() {
  std::vector<Layer> layers;
  for (const int64_t kernel : {3, 5, 7})
    for (const int64_t stride : {1, 2})
      for (const auto& row : kDepthwise) {
        NetBuilder net(row[1], row[0]);
        net.depthwise(kernel, stride);
        layers.push_back(std::move(net.layers().front()));
      }
  return layers;
}

// One row of inputs: each weight is read once.
std::vector<Layer> vectors() {
  std::vector<Layer> layers;
  for (const auto& row : kVectors) {
    Layer layer;
    layer.name = "vector " + std::to_string(row[0]) + "->" + std::to_string(row[1]);
    layer.op = "fully_connected";
    layer.limit = Limit::bandwidth;
    layer.x = shape_of({1, row[0]});
    layer.w = shape_of({row[0], row[1]});
    layer.y = shape_of({1, row[1]});
    layers.push_back(std::move(layer));
  }
  return layers;
}

constexpr Net kNets[] = {
    {"mobilenet_v1", "a whole net", mobilenet_v1},
    {"mobilenet_v2", "a whole net", mobilenet_v2},
    {"efficientnet_lite0", "a whole net", efficientnet_lite0},
    {"squares", "1x1 and 3x3, as many channels in as out", squares},
    {"windows", "3x3 by each algorithm in turns, and by the one that is chosen", windows},
    {"depthwise", "windows of 3, 5 and 7, steps of 1 and 2", depthwise},
    {"stems", "first layers, of three channels", stems},
    {"vectors", "one row times a matrix, as share of the bandwidth of memory", vectors},
};

}  // namespace

Span<const Net> all_nets() { return kNets; }

std::vector<Layer> layers_of(const Net& net, bool integers) {
  std::vector<Layer> layers = net.layers();
  if (!integers) return layers;
  const auto of_floats = [](const Layer& layer) { return !layer.kernel.empty(); };
  layers.erase(std::remove_if(layers.begin(), layers.end(), of_floats), layers.end());
  for (Layer& layer : layers) {
    layer.integers = true;
    layer.turns = 1;
  }
  return layers;
}

}  // namespace lite::bench
