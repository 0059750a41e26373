// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/winograd_conv.h"

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <vector>

#include "base/cpu.h"
#include "ops/linear/gemm_conv.h"

namespace lite::linear {
namespace {

// Fewer tiles read the weights too often, points of more leave the second cache.
constexpr int64_t kBlockTiles = 32;
constexpr int64_t kBlockUnit = 6;  // blocks of whole tiles of most kernels' products
// With fewer blocks for each thread all work on one at a time: its tiles, its points, its tiles.
constexpr int64_t kThreadBlocks = 2;
constexpr int64_t kPartTiles = 2;
constexpr size_t kResidual = 3;

// Floats from tile to tile, and from point to point: the points of a tile must not all lie in the
// same set of the first cache.
int64_t tile_stride(int64_t channels) { return ceil_div(channels, gemm::kPanel) * gemm::kPanel; }
int64_t point_stride(int64_t channels, int64_t tiles) {
  return tile_stride(channels) * tiles + gemm::kPanel;
}

constexpr int kSizes[] = {2, 4, 6};
template <class T>
constexpr int kGreatestSize = std::is_same_v<T, Half> ? 4 : 6;

const char* name_of(int m) {
  return m == 2 ? "winograd_2x3" : m == 4 ? "winograd_4x3" : "winograd_6x3";
}

// What a convolution costs, in multiply-adds, as measured with weights that lay in memory. Moving
// floats takes the time of more multiplications if a vector has more lanes.
struct Prices {
  double transform, weight;  // of a float that is transformed, and of a weight that is read
};
constexpr Prices kLanePrices = {1.25, 0.75};  // per lane
// What larger tiles must save: they take more memory, and their error is larger.
constexpr double kWorthwhile = 0.9;
// Of transformed weights of a layer, which are memory that stays.
constexpr double kGreatestBytes = 32 << 20;

template <class T>
int multiplied_lanes(Isa isa) {
  if constexpr (std::is_same_v<T, Half>) return hwinograd::kernels(isa)->lanes;
  const int lanes = winograd::kernels(isa).lanes;
  return lanes == 16 && halves_wide_vectors() ? lanes / 2 : lanes;
}

double points_of(int m) { return static_cast<double>((m + 2) * (m + 2)); }

double channel_pairs(const Shape& x, const Shape& y) { return static_cast<double>(x[3] * y[3]); }

double weight_bytes(const Shape& x, const Shape& y, int m) {
  return points_of(m) * channel_pairs(x, y) * sizeof(float);
}

double direct_cost(const Shape& x, const Shape& y, const Prices& prices) {
  constexpr double taps = winograd::kWindow * winograd::kWindow;
  return taps * channel_pairs(x, y) * (static_cast<double>(y.count(0, 3)) + prices.weight);
}

int64_t count_tiles(const Shape& y, int m) { return y[0] * ceil_div(y[1], m) * ceil_div(y[2], m); }

double tiled_cost(const Shape& x, const Shape& y, const Prices& prices, int m) {
  const double tiles = static_cast<double>(count_tiles(y, m));
  return points_of(m) * (channel_pairs(x, y) * (tiles + prices.weight) +
                         prices.transform * static_cast<double>(x[3] + y[3]) * tiles);
}

bool fits(const Tensor& weights, const Window& window) {
  return window.kernel_height == winograd::kWindow && window.kernel_width == winograd::kWindow &&
         window.stride_height == 1 && window.stride_width == 1 && window.dilation_height == 1 &&
         window.dilation_width == 1 && window.groups == 1 && weights.constant &&
         weights.dtype == DType::f32;
}

}  // namespace

template <class T>
int WinogradConvOf<T>::choose(const PrepareContext& context, const Window& window,
                              double direct_speed) {
  if (!fits(context.inputs[1], window)) return 0;
  for (int m : kSizes)
    if (std::strcmp(context.kernel, name_of(m)) == 0) return m;
  if (GemmConv::is_kernel(context.kernel)) return 0;
  const Shape& x = context.inputs[0].shape;
  const Shape& y = context.outputs[0].shape;
  int best = 0;
  const int lanes = multiplied_lanes<T>(context.isa);
  const Prices prices = {kLanePrices.transform * lanes, kLanePrices.weight * lanes};
  double least = direct_cost(x, y, prices) / direct_speed;
  for (int m : kSizes) {
    if (m > kGreatestSize<T>) break;
    const double cost = tiled_cost(x, y, prices, m);
    if (cost > kWorthwhile * least || weight_bytes(x, y, m) > kGreatestBytes) continue;
    best = m;
    least = cost;
  }
  return best;
}

template <class T>
void WinogradConvOf<T>::add_names(const PrepareContext& context, const Window& window,
                                  std::vector<const char*>& names) {
  if (!fits(context.inputs[1], window)) return;
  for (int m : kSizes)
    if (weight_bytes(context.inputs[0].shape, context.outputs[0].shape, m) <= kGreatestBytes)
      names.push_back(name_of(m));
}

template <class T>
Status WinogradConvOf<T>::prepare(PrepareContext& context, const Window& window,
                                  const Activation& activation, int m) {
  const Shape& x = context.inputs[0].shape;
  const Shape& y = context.outputs[0].shape;
  gemm_ = &Products<T>::kernels(context.isa);
  take_algorithm(context.isa, m);
  m_ = m;
  points_ = (m + winograd::kWindow - 1) * (m + winograd::kWindow - 1);
  images_.height = x[1];
  images_.width = x[2];
  images_.channels = x[3];
  images_.out_height = y[1];
  images_.out_width = y[2];
  images_.out_channels = y[3];
  images_.x_pitch = context.inputs[0].row_pitch();
  images_.y_pitch = context.outputs[0].row_pitch();
  images_.residual_pitch = residual_pitch(context, kResidual);
  images_.pad_top = window.pad_top;
  images_.pad_left = window.pad_left;
  images_.activation = activation;
  tiles_ = count_tiles(y, m);
  LITE_RETURN_IF_ERROR(transform_weights(context.inputs[1], context.isa, context.team));
  cut();
  together_ = blocks_ < kThreadBlocks * context.threads;
  const int at_work = together_ ? 1 : context.threads;
  packed_ = zeros_bytes_ + block_bytes_ * static_cast<size_t>(at_work);
  packed_bytes_ =
      aligned_bytes(static_cast<size_t>(Products<T>::packed_elements(*gemm_, x[3])) * sizeof(T));
  context.scratch_bytes = std::max(context.scratch_bytes,
                                   packed_ + packed_bytes_ * static_cast<size_t>(context.threads));
  return Status();
}

template <>
void WinogradConvOf<float>::take_algorithm(Isa isa, int m) {
  algorithm_ = &winograd::algorithm(winograd::kernels(isa), m);
}

template <>
void WinogradConvOf<Half>::take_algorithm(Isa isa, int m) {
  const hwinograd::Kernels& kernels = *hwinograd::kernels(isa);
  algorithm_ = m == 2 ? &kernels.tiles_of_2 : &kernels.tiles_of_4;
}

template <class T>
void WinogradConvOf<T>::cut() {
  blocks_ = ceil_div(tiles_, kBlockTiles);
  int64_t greatest = 0;
  for (int64_t block = 0; block < blocks_; ++block)
    greatest = std::max(greatest, tiles_of(block).size());
  in_stride_ = tile_stride(images_.channels);
  in_point_ = point_stride(images_.channels, greatest);
  out_stride_ = tile_stride(images_.out_channels);
  out_point_ = point_stride(images_.out_channels, greatest);
  zeros_bytes_ = aligned_bytes(static_cast<size_t>(images_.channels) * sizeof(T));
  in_bytes_ = static_cast<size_t>(points_ * in_point_) * sizeof(T);
  block_bytes_ = in_bytes_ + static_cast<size_t>(points_ * out_point_) * sizeof(T);
}

template <class T>
Status WinogradConvOf<T>::transform_weights(const Tensor& weights, Isa isa, ThreadTeam* team) {
  const int64_t channels = images_.channels, columns = images_.out_channels;
  const int64_t panels = ceil_div(columns, gemm::kPanel), panel = channels * gemm::kPanel;
  LITE_RETURN_IF_ERROR(
      weights_.allocate(static_cast<size_t>(points_ * panels * panel) * sizeof(T)));
  constexpr int64_t taps = winograd::kWindow * winograd::kWindow;
  const bool packed = weights.packing == Packing::p16;
  winograd::Weights all;
  all.channels = channels;
  all.channel_stride = packed ? gemm::kPanel : taps;
  all.tap_stride = packed ? panel : 1;
  all.column_stride = packed ? 1 : taps * channels;
  all.point_stride = panels * panel;
  const auto transform = winograd::algorithm(winograd::kernels(isa), m_).transform_weights;
  const auto transform_panel = [&](int64_t i) {
    winograd::Weights part = all;
    part.w = weights.as<float>() + i * taps * panel;
    part.count = static_cast<int>(std::min<int64_t>(gemm::kPanel, columns - i * gemm::kPanel));
    T* points = reinterpret_cast<T*>(weights_.data()) + i * panel;
    if constexpr (std::is_same_v<T, float>) {
      part.points = points;
      transform(part);
    } else {
      std::vector<float> floats(static_cast<size_t>(points_ * panel));
      part.points = floats.data();
      part.point_stride = panel;
      transform(part);
      for (int64_t point = 0; point < points_; ++point)
        std::transform(part.points + point * panel, part.points + (point + 1) * panel,
                       points + point * all.point_stride, float_to_half);
    }
  };
  if (team != nullptr) {
    team->parallel_for(panels, transform_panel);
  } else {
    for (int64_t i = 0; i < panels; ++i) transform_panel(i);
  }
  return Status();
}

template <class T>
void WinogradConvOf<T>::run(const RunContext& context) const {
  if (images_.channels > 0) std::memset(context.scratch, 0, zeros_bytes_);
  if (together_) {
    for (int64_t block = 0; block < blocks_; ++block) run_block_together(context, block);
    return;
  }
  context.team->parallel_for_with_thread(blocks_, [&](int64_t block, int thread) {
    run_block(context, block, thread,
              context.scratch + zeros_bytes_ + static_cast<size_t>(thread) * block_bytes_);
  });
}

template <class T>
T* WinogradConvOf<T>::packed_at(const RunContext& context, int thread) const {
  return reinterpret_cast<T*>(context.scratch + packed_ +
                              static_cast<size_t>(thread) * packed_bytes_);
}

template <class T>
void WinogradConvOf<T>::run_block(const RunContext& context, int64_t block, int thread,
                                  std::byte* scratch) const {
  const Range range = tiles_of(block);
  transform_inputs(context, range, range, scratch);
  for (int64_t point = 0; point < points_; ++point)
    multiply(range, point, scratch, packed_at(context, thread));
  transform_outputs(context, range, range, scratch);
}

template <class T>
void WinogradConvOf<T>::run_block_together(const RunContext& context, int64_t block) const {
  const Range range = tiles_of(block);
  const int64_t parts = ceil_div(range.size(), kPartTiles);
  std::byte* scratch = context.scratch + zeros_bytes_;
  const auto part_of = [&](int64_t part) {
    const int64_t begin = range.begin + part * kPartTiles;
    return Range{begin, std::min(begin + kPartTiles, range.end)};
  };
  context.team->parallel_for(
      parts, [&](int64_t part) { transform_inputs(context, range, part_of(part), scratch); });
  context.team->parallel_for_with_thread(points_, [&](int64_t point, int thread) {
    multiply(range, point, scratch, packed_at(context, thread));
  });
  context.team->parallel_for(
      parts, [&](int64_t part) { transform_outputs(context, range, part_of(part), scratch); });
}

template <class T>
Range WinogradConvOf<T>::tiles_of(int64_t block) const {
  const auto begin = [this](int64_t index) {
    const int64_t even = tiles_ * index / blocks_;
    return index == blocks_ ? tiles_ : (even + kBlockUnit / 2) / kBlockUnit * kBlockUnit;
  };
  return {begin(block), begin(block + 1)};
}

template <class T>
winograd::TilesOf<T> WinogradConvOf<T>::tiles(const RunContext& context, const Range& range) const {
  Tiles tiles = images_;
  tiles.begin = range.begin;
  tiles.end = range.end;
  tiles.x = context.inputs[0].as<T>();
  tiles.zeros = reinterpret_cast<const T*>(context.scratch);
  tiles.y = context.outputs[0].as<T>();
  if (context.inputs.size() > 2) tiles.bias = context.inputs[2].as<float>();
  if (context.inputs.size() > kResidual) tiles.residual = context.inputs[kResidual].as<T>();
  return tiles;
}

template <class T>
void WinogradConvOf<T>::transform_inputs(const RunContext& context, const Range& block,
                                         const Range& part, std::byte* scratch) const {
  Tiles tiles = this->tiles(context, part);
  tiles.tile_stride = in_stride_;
  tiles.point_stride = in_point_;
  tiles.points = reinterpret_cast<T*>(scratch) + (part.begin - block.begin) * in_stride_;
  algorithm_->transform_inputs(tiles);
}

template <class T>
void WinogradConvOf<T>::multiply(const Range& block, int64_t point, std::byte* scratch,
                                 T* packed) const {
  const T* weights = reinterpret_cast<const T*>(weights_.data());
  const int64_t panel = images_.channels * gemm::kPanel;
  const int64_t point_elements = ceil_div(images_.out_channels, gemm::kPanel) * panel;
  gemm::BlockOf<T> product;
  product.m = block.size();
  product.n = images_.out_channels;
  product.k = images_.channels;
  product.a = reinterpret_cast<const T*>(scratch) + point * in_point_;
  product.a_stride = in_stride_;
  product.b = weights + point * point_elements;
  product.panel_stride = panel;
  product.b_end = weights + points_ * point_elements;
  product.c = reinterpret_cast<T*>(scratch + in_bytes_) + point * out_point_;
  product.c_stride = out_stride_;
  product.packed = packed;
  gemm_->multiply(product);
}

template <class T>
void WinogradConvOf<T>::transform_outputs(const RunContext& context, const Range& block,
                                          const Range& part, std::byte* scratch) const {
  Tiles tiles = this->tiles(context, part);
  tiles.tile_stride = out_stride_;
  tiles.point_stride = out_point_;
  tiles.points =
      reinterpret_cast<T*>(scratch + in_bytes_) + (part.begin - block.begin) * out_stride_;
  algorithm_->transform_outputs(tiles);
}

template <class T>
const char* WinogradConvOf<T>::kernel() const {
  if constexpr (std::is_same_v<T, Half>) return m_ == 2 ? "hwinograd_2x3" : "hwinograd_4x3";
  return name_of(m_);
}

template class WinogradConvOf<float>;
template class WinogradConvOf<Half>;

}  // namespace lite::linear
