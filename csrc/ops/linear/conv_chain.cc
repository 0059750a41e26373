// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/conv_chain.h"

#include <algorithm>
#include <cstring>

#include "ops/linear/rounded_product.h"
#include "ops/linear/sparse_conv.h"
#include "ops/linear/winograd_conv.h"

namespace lite::linear {
namespace {

// Of the second cache: what must lie between two links to be worth a chain, and what may lie
// between all of them.
constexpr double kWorthwhile = 0.5, kBuffers = 0.5;
constexpr int64_t kLeastStrip = 2, kLeastPixels = 112;
constexpr int64_t kLeastHeight = 16;                 // of outputs
constexpr int64_t kLeastRows = 4;                    // per thread
constexpr int64_t kUsualStrip = 4, kUsualTask = 16;  // rows
constexpr int64_t kTasksPerThread = 4;
constexpr int64_t kBlockPixels = 256;

bool exceeds(size_t bytes, double share, int64_t cache_bytes) {
  return static_cast<double>(bytes) > share * static_cast<double>(cache_bytes);
}

// Whether the kernels take strips of the image for what they take the whole of it for.
bool pads_little(const Window& window, const Image& in, const Image& out) {
  const int64_t padding = window.kernel_height / 2;
  return depthwise::pads_little_along(padding, window.pad_top, out.height, window.stride_height,
                                      window.input_rows(1), in.height) &&
         depthwise::pads_little_along(padding, window.pad_left, out.width, window.stride_width,
                                      window.input_columns(1), in.width);
}

// Rows of the input that rows of the output read.
Range inputs_of(const Convolution& convolution, const Image& in, const Range& rows) {
  if (!convolution.by_channel) return rows;
  const Window& window = convolution.window;
  const int64_t begin = rows.begin * window.stride_height - window.pad_top;
  const int64_t end = begin + window.input_rows(rows.size());
  return {std::clamp<int64_t>(begin, 0, in.height), std::clamp<int64_t>(end, 0, in.height)};
}

// The same for any rows, as many of them.
int64_t greatest_inputs(const ChainLink& link, int64_t rows) {
  if (link.convolution.by_channel) rows = link.convolution.window.input_rows(rows);
  return std::min(rows, link.in.height);
}

size_t buffer_bytes(const ChainLink& link, int64_t rows) {
  return aligned_bytes(static_cast<size_t>(rows * link.out.width * link.out.pitch) * sizeof(float));
}

// Of all buffers, for strips of so many rows.
size_t strip_bytes(Span<const ChainLink> links, int64_t rows) {
  size_t bytes = 0;
  for (size_t i = links.size() - 1; i > 0; --i) {
    rows = greatest_inputs(links[i], rows);
    bytes += buffer_bytes(links[i - 1], rows);
  }
  return bytes;
}

// Lower strips read the weights too often, and move too many rows.
int64_t least_strip(const Image& out) {
  return std::max(kLeastStrip, ceil_div(kLeastPixels, out.width));
}

}  // namespace

std::optional<ChainLink> ConvChain::read_link(const PrepareContext& context, bool may_copy) {
  const Result<Convolution> found = read_convolution(context);
  if (!found.ok() || context.outputs[0].shape.count() == 0) return std::nullopt;
  if (context.inputs[0].dtype != DType::f32) return std::nullopt;
  const Tensor& weights = context.inputs[1];
  const ChainLink link = {found.value(), image_of(context.inputs[0]), image_of(context.outputs[0]),
                          weights.size_bytes()};
  const Window& window = link.convolution.window;
  const bool low = link.out.height < std::max(kLeastHeight, kLeastRows * context.threads);
  if (low || !weights.constant || weights.dtype != DType::f32 || SparseConv::choose(context, 1.0))
    return std::nullopt;
  const bool usable = link.convolution.by_channel
                          ? pads_little(window, link.in, link.out)
                          : (window.stays_in_place() ||
                             (may_copy && GemmConv::would_copy_padded_rows(context, window))) &&
                                RoundedProduct::choose(context, window) == nullptr &&
                                WinogradConv::choose(context, window, 1.0) == 0;
  return usable ? std::optional<ChainLink>(link) : std::nullopt;
}

bool ConvChain::is_worth(const Tensor& between, int64_t cache_bytes) {
  return exceeds(between.size_bytes(), kWorthwhile, cache_bytes);
}

bool ConvChain::fits(Span<const ChainLink> links, int64_t cache_bytes) {
  size_t bytes = strip_bytes(links, least_strip(links[links.size() - 1].out));
  for (const ChainLink& link : links) bytes += link.weights_bytes;
  return !exceeds(bytes, kBuffers, cache_bytes);
}

Status ConvChain::prepare(PrepareContext& context) {
  links_.reserve(context.links.size());
  name_ = "strips";
  for (PrepareContext& link : context.links) LITE_RETURN_IF_ERROR(prepare_link(link));
  images_ = context.links[0].inputs[0].shape[0];
  height_ = links_.back().out.height;
  cut(context);
  context.scratch_bytes = std::max(
      context.scratch_bytes, links_bytes_ + thread_bytes_ * static_cast<size_t>(context.threads));
  return Status();
}

Status ConvChain::prepare_link(PrepareContext& context) {
  links_.emplace_back();
  Link& link = links_.back();
  LITE_ASSIGN_OR_RETURN(link.convolution, read_convolution(context));
  const Window& window = link.convolution.window;
  if (link.convolution.by_channel) {
    link.depthwise.prepare(context, window, link.convolution.activation);
  } else {
    link.gemm.prepare(context, window, link.convolution.activation);
  }
  link.context.inputs = context.inputs;
  link.context.outputs = context.outputs;
  link.context.team = context.team;
  link.in = image_of(context.inputs[0]);
  link.out = image_of(context.outputs[0]);
  link.weights_bytes = context.inputs[1].size_bytes();
  link.row = link.out.width * link.out.pitch;
  link.scratch = links_bytes_;
  links_bytes_ += aligned_bytes(context.scratch_bytes);
  name_ += link.convolution.by_channel      ? "_depthwise"
           : link.gemm.copies_padded_rows() ? "_padded"
                                            : "_1x1";
  return Status();
}

// A few rows make a strip: more gain nothing, and each thread needs memory for what lies between
// the links of its own. An even number suits the kernels of depthwise convolutions.
void ConvChain::cut(const PrepareContext& context) {
  const std::vector<ChainLink> links(links_.begin(), links_.end());
  strip_rows_ = std::max(kUsualStrip, least_strip(links.back().out));
  while (strip_rows_ > 1 && exceeds(strip_bytes(links, strip_rows_), kBuffers, context.cache_bytes))
    strip_rows_ -= strip_rows_ > 2 ? 2 : 1;
  place_buffers();
  // As many for each thread, so that all end together.
  const int64_t threads = context.threads;
  tasks_ = threads == 1 ? 1
                        : threads * std::clamp<int64_t>(height_ / (kUsualTask * threads), 1,
                                                        kTasksPerThread);
}

void ConvChain::place_buffers() {
  int64_t rows = strip_rows_;
  thread_bytes_ = 0;
  for (size_t i = links_.size() - 1; i > 0; --i) {
    rows = greatest_inputs(links_[i], rows);
    links_[i - 1].buffer = thread_bytes_;
    thread_bytes_ += buffer_bytes(links_[i - 1], rows);
  }
}

// The rows of each link's output that rows of the last one's need.
void ConvChain::find_rows(const Range& rows, Ranges& wanted) const {
  wanted[links_.size() - 1] = rows;
  for (size_t i = links_.size() - 1; i > 0; --i)
    wanted[i - 1] = inputs_of(links_[i].convolution, links_[i].in, wanted[i]);
}

void ConvChain::run(const RunContext& context) {
  for (Link& link : links_) {
    link.context.scratch = context.scratch + link.scratch;
    if (link.convolution.by_channel) link.strip = link.depthwise.begin(link.context);
  }
  std::byte* buffers = context.scratch + links_bytes_;
  context.team->parallel_for_with_thread(images_ * tasks_, [&](int64_t index, int thread) {
    const int64_t task = index % tasks_;
    run_task(index / tasks_, {height_ * task / tasks_, height_ * (task + 1) / tasks_}, thread,
             buffers + static_cast<size_t>(thread) * thread_bytes_);
  });
}

void ConvChain::run_task(int64_t image, const Range& rows, int thread, std::byte* buffers) const {
  Ranges held, wanted;
  const Link& first = links_.front();
  const float* x = first.context.inputs[0].as<float>() + image * first.in.count();
  for (int64_t begin = rows.begin; begin < rows.end; begin += strip_rows_) {
    find_rows({begin, std::min(begin + strip_rows_, rows.end)}, wanted);
    Rows inputs = {x, {0, first.in.height}};
    for (size_t i = 0; i + 1 < links_.size(); ++i) {
      const Link& link = links_[i];
      float* buffer = reinterpret_cast<float*>(buffers + link.buffer);
      // What the strip before left moves to the front, and the rest follows it.
      const int64_t kept = std::max<int64_t>(held[i].end - wanted[i].begin, 0);
      if (kept > 0 && held[i].begin != wanted[i].begin)
        std::memmove(buffer, buffer + (wanted[i].begin - held[i].begin) * link.row,
                     static_cast<size_t>(kept * link.row) * sizeof(float));
      run_rows(link, image, {wanted[i].begin + kept, wanted[i].end}, inputs,
               buffer + kept * link.row, thread);
      held[i] = wanted[i];
      inputs = {buffer, wanted[i]};
    }
    const Link& last = links_.back();
    run_rows(last, image, wanted[links_.size() - 1], inputs,
             last.context.outputs[0].as<float>() + image * last.out.count() + begin * last.row,
             thread);
  }
}

// Rows of a link's output, the first of which comes to y.
void ConvChain::run_rows(const Link& link, int64_t image, const Range& rows, const Rows& inputs,
                         float* y, int thread) const {
  if (rows.size() <= 0) return;
  if (link.convolution.by_channel)
    return link.depthwise.run_rows(link.context, link.strip, image, rows, inputs.data, inputs.range,
                                   y, thread);
  if (link.gemm.copies_padded_rows())
    return link.gemm.run_rows(link.context, image, rows, y, thread);
  const float* x = inputs.data + (rows.begin - inputs.range.begin) * link.in.width * link.in.pitch;
  const int64_t width = link.out.width, first = image * link.out.height * width;
  const int64_t end = first + rows.end * width;
  for (int64_t pixel = first + rows.begin * width; pixel < end;) {
    const int64_t count = std::min(end - pixel, kBlockPixels);
    link.gemm.run_pixels(link.context, {pixel, pixel + count}, x, y);
    x += count * link.in.pitch;
    y += count * link.out.pitch;
    pixel += count;
  }
}

}  // namespace lite::linear
