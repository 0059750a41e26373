// SPDX-License-Identifier: Apache-2.0
// Depthwise convolution of every usable ISA against a loop in double, for sizes around its tiles.
#include "kernels/depthwise/depthwise.h"

#include <vector>

#include "base/isa.h"
#include "check.h"
#include "guarded.h"
#include "meaning.h"

namespace {

using guarded::Floats;
using lite::depthwise::Strip;

struct Case {
  int64_t height, width, channels, kernel_height, kernel_width, stride, dilation, pad;
  bool bias, residual;
  lite::Activation activation;
  int64_t row_stride = 0;  // 0: as the other stride
};

Strip strip_of(const Case& c) {
  Strip strip;
  strip.height = c.height;
  strip.width = c.width;
  strip.channels = strip.x_pitch = strip.y_pitch = strip.residual_pitch = c.channels;
  strip.kernel_height = c.kernel_height;
  strip.kernel_width = c.kernel_width;
  strip.stride_height = c.row_stride == 0 ? c.stride : c.row_stride;
  strip.stride_width = c.stride;
  strip.dilation_height = strip.dilation_width = c.dilation;
  strip.pad_top = strip.pad_left = c.pad;
  strip.out_height =
      (c.height + 2 * c.pad - c.dilation * (c.kernel_height - 1) - 1) / strip.stride_height + 1;
  strip.out_width = (c.width + 2 * c.pad - c.dilation * (c.kernel_width - 1) - 1) / c.stride + 1;
  strip.activation = c.activation;
  return strip;
}

double expected(const Strip& strip, int64_t row, int64_t column, int64_t channel) {
  double sum = strip.bias ? strip.bias[channel] : 0.0;
  for (int64_t ky = 0; ky < strip.kernel_height; ++ky)
    for (int64_t kx = 0; kx < strip.kernel_width; ++kx) {
      const int64_t y = row * strip.stride_height - strip.pad_top + ky * strip.dilation_height;
      const int64_t x = column * strip.stride_width - strip.pad_left + kx * strip.dilation_width;
      if (y < 0 || y >= strip.height || x < 0 || x >= strip.width) continue;
      sum += static_cast<double>(strip.x[(y * strip.width + x) * strip.channels + channel]) *
             strip.w[(ky * strip.kernel_width + kx) * strip.channels + channel];
    }
  const int64_t place = (row * strip.out_width + column) * strip.channels + channel;
  if (strip.residual) sum += strip.residual[place];
  return meaning::activate(strip.activation, sum);
}

void check(lite::Isa isa, const Case& c, guarded::Random& random) {
  Strip strip = strip_of(c);
  const int64_t taps = c.kernel_height * c.kernel_width;
  const int64_t count = strip.out_height * strip.out_width * c.channels;
  Floats x(c.height * c.width * c.channels), w(taps * c.channels), bias(c.channels),
      residual(count);
  Floats zeros(c.channels), y(count);
  for (Floats* floats : {&x, &w, &bias, &residual}) random.fill(*floats);
  const auto& kernels = lite::depthwise::kernels(isa);
  std::vector<const float*> pointers(static_cast<size_t>(kernels.pointers_needed(strip)));
  strip.x = x.data();
  strip.w = w.data();
  strip.bias = c.bias ? bias.data() : nullptr;
  strip.residual = c.residual ? residual.data() : nullptr;
  strip.y = y.data();
  strip.zeros = zeros.data();
  strip.pointers = pointers.data();
  const int64_t middle =
      strip.out_height / 3;  // rows and channels in two parts, if they are enough
  const int64_t half = c.channels >= 32 ? c.channels - 16 : c.channels;
  for (int part = 0; part < (half < c.channels ? 4 : 2); ++part) {
    strip.row_begin = part % 2 == 0 ? 0 : middle;
    strip.row_end = part % 2 == 0 ? middle : strip.out_height;
    strip.channel_begin = part < 2 ? 0 : half;
    strip.channel_end = part < 2 ? half : c.channels;
    kernels.run(strip);
  }
  for (int64_t i = 0; i < count; ++i) {
    const int64_t pixel = i / c.channels;
    const double value =
        expected(strip, pixel / strip.out_width, pixel % strip.out_width, i % c.channels);
    const bool right = meaning::near(y[i], value, static_cast<double>(taps));
    CHECK(right);
    if (!right) {
      std::fprintf(stderr, "  %s kernel %d x %d stride %d, %d x %d x %d\n", lite::isa_name(isa),
                   static_cast<int>(c.kernel_height), static_cast<int>(c.kernel_width),
                   static_cast<int>(c.stride), static_cast<int>(c.height),
                   static_cast<int>(c.width), static_cast<int>(c.channels));
      return;
    }
  }
}

void check_sizes(lite::Isa isa) {
  guarded::Random random;
  int turn = 0;
  for (int64_t kernel : {3, 5})
    for (int64_t stride : {1, 2})
      for (int64_t channels : {1, 4, 8, 13, 16, 17, 32, 40, 53})
        for (int64_t width : {5, 6, 7, 8, 11, 14, 15, 17, 22, 29}) {
          ++turn;
          const int64_t pad = turn % 4 == 0 ? 0 : kernel / 2;
          check(isa,
                {5 + turn % 4, width, channels, kernel, kernel, stride, 1, pad, turn % 2 == 0,
                 turn % 5 == 0, meaning::activation(turn % 3 == 0 ? turn : 1)},
                random);
        }
}

// Strides of rows and columns that differ.
void check_uneven(lite::Isa isa) {
  guarded::Random random;
  for (int64_t kernel : {3, 5})
    for (int64_t stride : {1, 2})
      for (int64_t channels : {16, 40}) {
        Case c = {9,
                  12,
                  channels,
                  kernel,
                  kernel,
                  stride,
                  1,
                  kernel / 2,
                  true,
                  true,
                  meaning::activation(1)};
        for (c.row_stride = 1; c.row_stride <= 3; ++c.row_stride) check(isa, c, random);
      }
}

void check_generic(lite::Isa isa) {
  guarded::Random random;
  for (int64_t channels : {1, 3, 16, 21}) {
    check(isa, {9, 11, channels, 2, 4, 1, 1, 1, true, false, meaning::activation(1)}, random);
    check(isa, {9, 10, channels, 3, 3, 1, 2, 2, true, true, meaning::activation(2)}, random);
    check(isa, {8, 9, channels, 3, 3, 3, 1, 0, false, false, meaning::activation(3)}, random);
    check(isa, {6, 9, channels, 3, 3, 1, 1, 2, true, false, meaning::activation(1)}, random);
    check(isa, {7, 7, channels, 7, 7, 1, 1, 3, true, false, meaning::activation(4)}, random);
    check(isa, {1, 30, channels, 1, 9, 1, 1, 0, true, false, meaning::activation(0)}, random);
  }
}

template <class T>
void check_expanding(void (*expand)(const T*, int64_t, int64_t, const float*, float*)) {
  guarded::Random random;
  for (int64_t channels : {1, 3, 4, 8, 15, 16, 17, 40, 53}) {
    constexpr int64_t kTaps = 4;  // whole floats of either integer
    guarded::Floats scales(channels), w(kTaps * channels);
    guarded::Floats memory(kTaps * channels * static_cast<int64_t>(sizeof(T)) / 4);
    random.fill(scales);
    T* q = reinterpret_cast<T*>(memory.data());
    for (int64_t i = 0; i < w.size(); ++i) q[i] = static_cast<T>(i * 7919 + i / 3);
    expand(q, kTaps, channels, scales.data(), w.data());
    for (int64_t i = 0; i < w.size(); ++i)
      CHECK(w[i] == static_cast<float>(q[i]) * scales[i % channels]);
  }
}

}  // namespace

int main() {
  for (lite::Isa isa : lite::usable_isas()) {
    check_sizes(isa);
    check_uneven(isa);
    check_generic(isa);
    check_expanding<int8_t>(lite::depthwise::kernels(isa).expand_s8);
    check_expanding<int16_t>(lite::depthwise::kernels(isa).expand_s16);
  }
  return check_result();
}
