// SPDX-License-Identifier: Apache-2.0
// Depthwise convolution of bytes, of every usable ISA, bit for bit against a loop over exact
// integers, for sizes around its tiles, with inputs and outputs that end at guard pages.
#include "kernels/qdepthwise/qdepthwise.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "base/isa.h"
#include "base/requant.h"
#include "check.h"
#include "guarded.h"

namespace {

using lite::qdepthwise::Kernels;
using lite::qdepthwise::Layer;
using lite::qdepthwise::Parameters;
using lite::qdepthwise::Strip;

enum class Fill { random, lowest, highest, opposite };  // opposite: weights lowest, else highest

struct Case {
  int64_t height, width, channels, kernel_height, kernel_width, stride, dilation, pad;
  bool residual = false;
  Fill fill = Fill::random;
  float greatest_scale = 0.01f;
  lite::Requantization requantization = {3, -5, -128, 127, 0.7f, 9};
  bool narrow = false;     // weights
  int64_t row_stride = 0;  // 0: as the other stride
};

Layer layer_of(const Case& c) {
  Layer layer;
  layer.height = c.height;
  layer.width = c.width;
  layer.channels = layer.x_pitch = layer.y_pitch = layer.residual_pitch = c.channels;
  layer.kernel_height = c.kernel_height;
  layer.kernel_width = c.kernel_width;
  layer.stride_height = c.row_stride == 0 ? c.stride : c.row_stride;
  layer.stride_width = c.stride;
  layer.dilation_height = layer.dilation_width = c.dilation;
  layer.pad_top = layer.pad_left = c.pad;
  layer.out_height =
      (c.height + 2 * c.pad - c.dilation * (c.kernel_height - 1) - 1) / layer.stride_height + 1;
  layer.out_width = (c.width + 2 * c.pad - c.dilation * (c.kernel_width - 1) - 1) / c.stride + 1;
  layer.residual = c.residual;
  layer.small_scales = c.greatest_scale <= lite::qdepthwise::kGreatestSmallScale;
  layer.narrow_weights = c.narrow;
  layer.requantization = c.requantization;
  return layer;
}

class Trial {
 public:
  Trial(const Case& c, guarded::Random& random)
      : layer_(layer_of(c)),
        x_(c.height * c.width * c.channels),
        y_(layer_.out_height * layer_.out_width * c.channels),
        residual_(y_.size()),
        w_(c.channels * layer_.taps()),
        padding_(lite::qdepthwise::kPaddingPixels * c.channels),
        bias_(c.channels),
        scale_(c.channels) {
    fill(x_, c.fill, random);
    fill(w_, c.fill == Fill::opposite ? Fill::lowest : c.fill, random);
    constexpr int kLimit = lite::kGreatestNarrowWeight;
    for (int64_t i = 0; c.narrow && i < w_.size(); ++i)
      w_[i] = static_cast<int8_t>(std::min(std::max<int>(w_[i], -kLimit), kLimit));
    fill(residual_, c.fill, random);
    for (int64_t i = 0; i < padding_.size(); ++i)
      padding_[i] = static_cast<int8_t>(layer_.requantization.x_zero);
    for (int64_t i = 0; i < c.channels; ++i) {
      bias_[i] = static_cast<int32_t>(random.next() * (c.fill == Fill::random ? 2e4f : 2e9f));
      scale_[i] = (0.6f + 0.4f * random.next()) * c.greatest_scale;
    }
    layer_.sums = known_sums();
  }

  // Rows in two parts, channels in two parts if they are enough; false if a byte is wrong.
  bool right(const Kernels& kernels, bool by_tap) {
    arrange(kernels, by_tap);
    std::vector<const int8_t*> pointers(static_cast<size_t>(kernels.pointers_needed(layer_)));
    Strip strip;
    strip.x = x_.data();
    strip.residual = layer_.residual ? residual_.data() : nullptr;
    strip.y = y_.data();
    strip.parameters = arranged_.data();
    strip.padding = padding_.data();
    strip.pointers = pointers.data();
    std::memset(y_.data(), 0x55, static_cast<size_t>(y_.size()));
    const int64_t half = layer_.channels >= 128 ? 64 : layer_.channels;
    for (int part = 0; part < (half < layer_.channels ? 4 : 2); ++part) {
      strip.row_begin = part % 2 == 0 ? 0 : layer_.out_height / 3;
      strip.row_end = part % 2 == 0 ? layer_.out_height / 3 : layer_.out_height;
      strip.channel_begin = part < 2 ? 0 : half;
      strip.channel_end = part < 2 ? half : layer_.channels;
      kernels.run(layer_, strip);
    }
    for (int64_t i = 0; i < y_.size(); ++i)
      if (y_[i] != expected(i)) return false;
    return true;
  }

 private:
  static void fill(guarded::Bytes& bytes, Fill how, guarded::Random& random) {
    for (int64_t i = 0; i < bytes.size(); ++i)
      bytes[i] = static_cast<int8_t>(how == Fill::random   ? std::floor(random.next() * 128.0f)
                                     : how == Fill::lowest ? -128.0f
                                                           : 127.0f);
  }

  lite::Sums known_sums() {
    for (int64_t c = 0; c < layer_.channels; ++c) {
      int64_t greatest = std::abs(int64_t{bias_[c]});
      for (int64_t tap = 0; tap < layer_.taps(); ++tap)
        greatest += 256 * std::abs(int64_t{w_[tap * layer_.channels + c]});
      if (greatest > lite::kGreatestSmallSum ||
          static_cast<float>(greatest) * scale_[c] > lite::kGreatestSmallSteps)
        return lite::Sums::any;
    }
    return lite::Sums::small;
  }

  void arrange(const Kernels& kernels, bool by_tap) {
    const int64_t channels = layer_.channels, taps = layer_.taps();
    std::vector<int32_t> folded(static_cast<size_t>(channels));
    for (int64_t c = 0; c < channels; ++c) {
      int64_t sum = bias_[c];
      for (int64_t tap = 0; tap < taps; ++tap)
        sum -= static_cast<int64_t>(layer_.requantization.x_zero) * w_[tap * channels + c];
      folded[static_cast<size_t>(c)] = static_cast<int32_t>(sum);
    }
    std::vector<int8_t> plain(static_cast<size_t>(taps * channels));
    for (int64_t i = 0; i < taps * channels; ++i)
      plain[static_cast<size_t>(i % channels * taps + i / channels)] = w_[i];
    const Parameters parameters = {by_tap ? w_.data() : plain.data(), by_tap ? channels : 1,
                                   by_tap ? 1 : taps, folded.data(), scale_.data()};
    arranged_.assign(static_cast<size_t>(kernels.arranged_bytes(layer_)), std::byte{0});
    kernels.arrange(layer_, parameters, arranged_.data());
  }

  int8_t expected(int64_t place) {
    const Layer& l = layer_;
    const int64_t pixel = place / l.channels, channel = place % l.channels;
    const int64_t row = pixel / l.out_width, column = pixel % l.out_width;
    int64_t sum = bias_[channel];
    for (int64_t tap = 0; tap < l.taps(); ++tap) {
      const int64_t y =
          row * l.stride_height - l.pad_top + tap / l.kernel_width * l.dilation_height;
      const int64_t x =
          column * l.stride_width - l.pad_left + tap % l.kernel_width * l.dilation_width;
      if (y < 0 || y >= l.height || x < 0 || x >= l.width) continue;
      sum += static_cast<int64_t>(x_[(y * l.width + x) * l.channels + channel] -
                                  l.requantization.x_zero) *
             w_[tap * l.channels + channel];
    }
    const lite::Requantization& to = l.requantization;
    float steps = static_cast<float>(static_cast<int32_t>(sum)) * scale_[channel];
    if (l.residual)
      steps += static_cast<float>(residual_[place] - to.residual_zero) * to.residual_scale;
    if (to.twice) steps = lite::rounded_before(steps, scale_[channel]);
    const double y = std::nearbyint(static_cast<double>(steps)) + to.y_zero;
    return static_cast<int8_t>(y < to.lo ? to.lo : y > to.hi ? to.hi : y);
  }

  Layer layer_;
  guarded::Bytes x_, y_, residual_, w_, padding_;
  guarded::Array<int32_t> bias_;
  guarded::Floats scale_;
  std::vector<std::byte> arranged_;
};

void check_once(lite::Isa isa, const Case& c, guarded::Random& random) {
  const bool right = Trial(c, random).right(lite::qdepthwise::kernels(isa), c.width % 2 == 0);
  CHECK(right);
  if (!right)
    std::fprintf(stderr, "  %s%s kernel %d x %d stride %d pad %d, %d x %d x %d\n",
                 lite::isa_name(isa), c.narrow ? " narrow" : "", static_cast<int>(c.kernel_height),
                 static_cast<int>(c.kernel_width), static_cast<int>(c.stride),
                 static_cast<int>(c.pad), static_cast<int>(c.height), static_cast<int>(c.width),
                 static_cast<int>(c.channels));
}

// Rounded twice, too, and with narrow weights, if there are kernels for them.
void check(lite::Isa isa, Case c, guarded::Random& random) {
  check_once(isa, c, random);
  if (!c.residual) {
    c.requantization.twice = true;
    check_once(isa, c, random);
    c.requantization.twice = false;
  }
  c.narrow = true;
  if (lite::qdepthwise::kernels(isa).narrow(layer_of(c))) check_once(isa, c, random);
}

void check_sizes(lite::Isa isa) {
  guarded::Random random;
  int turn = 0;
  for (int64_t kernel : {3, 5})
    for (int64_t stride : {1, 2})
      for (int64_t channels : {1, 8, 15, 16, 17, 24, 31, 32, 33, 40, 63, 64, 65, 80, 97, 144, 200})
        for (int64_t width : {5, 6, 7, 8, 9, 13, 16}) {
          ++turn;
          const int64_t pad = turn % 4 == 0 ? 0 : kernel / 2;
          check(isa, {5 + turn % 4, width, channels, kernel, kernel, stride, 1, pad}, random);
        }
}

// Strides of rows and columns that differ.
void check_uneven(lite::Isa isa) {
  guarded::Random random;
  for (int64_t kernel : {3, 5})
    for (int64_t stride : {1, 2})
      for (int64_t channels : {16, 40, 97})
        for (int64_t width : {7, 12}) {
          Case c = {9, width, channels, kernel, kernel, stride, 1, kernel / 2};
          for (c.row_stride = 1; c.row_stride <= 3; ++c.row_stride) check(isa, c, random);
        }
}

void check_extremes(lite::Isa isa) {
  guarded::Random random;
  for (int64_t kernel : {3, 5})
    for (int64_t channels : {16, 48, 64})
      for (Fill fill : {Fill::lowest, Fill::highest, Fill::opposite})
        for (int32_t zero : {-128, 0, 127})
          for (float scale : {1e-9f, 1e-4f, 0.5f, 3.0f, 1e30f})
            check(isa,
                  {6,
                   6,
                   channels,
                   kernel,
                   kernel,
                   1,
                   1,
                   kernel / 2,
                   false,
                   fill,
                   scale,
                   {zero, zero, -100, 90, 0.0f, 0}},
                  random);
}

void check_generic(lite::Isa isa) {
  guarded::Random random;
  for (int64_t channels : {1, 3, 16, 31, 32, 70, 129}) {
    check(isa, {9, 11, channels, 2, 4, 1, 1, 1}, random);
    check(isa, {9, 10, channels, 3, 3, 1, 2, 2}, random);
    check(isa, {9, 12, channels, 5, 5, 2, 3, 6}, random);
    check(isa, {7, 8, channels, 7, 7, 2, 1, 3, false, Fill::opposite, 0.01f}, random);
    check(isa, {9, 10, channels, 3, 3, 1, 2, 2, true}, random);
    check(isa, {9, 10, channels, 3, 3, 1, 1, 1, true}, random);
    check(isa, {8, 9, channels, 3, 3, 3, 1, 0}, random);
    check(isa, {7, 7, channels, 7, 7, 1, 1, 3}, random);
    check(isa, {1, 30, channels, 1, 9, 1, 1, 0, true}, random);
    check(isa, {4, 1, channels, 3, 3, 1, 1, 1}, random);
    check(isa, {6, 3, channels, 5, 5, 1, 1, 2}, random);
  }
}

}  // namespace

int main() {
  for (lite::Isa isa : lite::usable_isas()) {
    check_sizes(isa);
    check_uneven(isa);
    check_extremes(isa);
    check_generic(isa);
  }
  return check_result();
}
