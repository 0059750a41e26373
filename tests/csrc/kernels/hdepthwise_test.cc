// SPDX-License-Identifier: Apache-2.0
// Depthwise convolution in halves of every usable ISA that has them, to the bit, for sizes around
// its tiles.
#include "kernels/hdepthwise/hdepthwise.h"

#include <vector>

#include "base/isa.h"
#include "check.h"
#include "halves.h"

namespace {

using lite::Half;
using lite::hdepthwise::Kernels;
using Strip = lite::depthwise::StripOf<Half>;

struct Case {
  int64_t height, width, channels, kernel, stride, dilation, pad;
  bool bias, residual;
  lite::Activation activation;
};

Strip strip_of(const Case& c) {
  Strip strip;
  strip.height = c.height;
  strip.width = c.width;
  strip.channels = strip.x_pitch = strip.y_pitch = strip.residual_pitch = c.channels;
  strip.kernel_height = strip.kernel_width = c.kernel;
  strip.stride_height = strip.stride_width = c.stride;
  strip.dilation_height = strip.dilation_width = c.dilation;
  strip.pad_top = strip.pad_left = c.pad;
  const int64_t span = c.dilation * (c.kernel - 1) + 1;
  strip.out_height = strip.row_end = (c.height + 2 * c.pad - span) / c.stride + 1;
  strip.out_width = (c.width + 2 * c.pad - span) / c.stride + 1;
  strip.channel_end = c.channels;
  strip.activation = c.activation;
  return strip;
}

// Before the activation; added up row by row of the window.
double sum_of(const Strip& strip, int64_t row, int64_t column, int64_t channel) {
  double sum = strip.bias ? halves::value(strip.bias[channel]) : 0.0;
  for (int64_t ky = 0; ky < strip.kernel_height; ++ky)
    for (int64_t kx = 0; kx < strip.kernel_width; ++kx) {
      const int64_t y = row * strip.stride_height - strip.pad_top + ky * strip.dilation_height;
      const int64_t x = column * strip.stride_width - strip.pad_left + kx * strip.dilation_width;
      if (y < 0 || y >= strip.height || x < 0 || x >= strip.width) continue;
      sum = halves::fma(strip.x[(y * strip.width + x) * strip.channels + channel],
                        strip.w[(ky * strip.kernel_width + kx) * strip.channels + channel], sum);
    }
  const int64_t place = (row * strip.out_width + column) * strip.channels + channel;
  return strip.residual ? halves::rounded(sum + halves::value(strip.residual[place])) : sum;
}

bool check(const Kernels& kernels, const Case& c, guarded::Random& random) {
  Strip strip = strip_of(c);
  const int64_t count = strip.out_height * strip.out_width * c.channels;
  halves::Array x(c.height * c.width * c.channels), w(c.kernel * c.kernel * c.channels),
      residual(count), y(count), bias(c.channels), zeros(c.channels);
  for (halves::Array* array : {&x, &w, &bias, &residual}) halves::fill(*array, random);
  for (int64_t i = 0; i < zeros.size(); ++i) zeros[i] = Half{0};
  std::vector<const Half*> pointers(static_cast<size_t>(kernels.pointers_needed(strip)));
  strip.x = x.data();
  strip.w = w.data();
  strip.bias = c.bias ? bias.data() : nullptr;
  strip.residual = c.residual ? residual.data() : nullptr;
  strip.y = y.data();
  strip.zeros = zeros.data();
  strip.pointers = pointers.data();
  kernels.run(strip);
  for (int64_t i = 0; i < count; ++i) {
    const int64_t pixel = i / c.channels;
    const double sum =
        sum_of(strip, pixel / strip.out_width, pixel % strip.out_width, i % c.channels);
    if (!halves::is_activated(y[i], c.activation, sum)) return false;
  }
  return true;
}

void check_sizes(const Kernels& kernels) {
  guarded::Random random;
  int turn = 0;
  for (int64_t kernel : {3, 5})
    for (int64_t stride : {1, 2})
      for (int64_t channels : {1, 8, 13, 16, 24, 40})
        for (int64_t width : {5, 7, 8, 11, 14, 15, 22}) {
          ++turn;
          const int64_t pad = turn % 4 == 0 ? 0 : kernel / 2;
          CHECK(check(kernels,
                      {5 + turn % 4, width, channels, kernel, stride, 1, pad, turn % 2 == 0,
                       turn % 5 == 0, meaning::activation(turn % 3 == 0 ? turn : 7)},
                      random));
        }
}

void check_generic(const Kernels& kernels) {
  guarded::Random random;
  for (int64_t channels : {1, 3, 16, 21}) {
    CHECK(
        check(kernels, {9, 10, channels, 3, 1, 2, 2, true, true, meaning::activation(2)}, random));
    CHECK(
        check(kernels, {7, 7, channels, 7, 1, 1, 3, true, false, meaning::activation(7)}, random));
    CHECK(
        check(kernels, {8, 9, channels, 2, 3, 1, 0, false, false, meaning::activation(3)}, random));
  }
}

}  // namespace

int main() {
  for (lite::Isa isa : lite::usable_isas()) {
    const Kernels* kernels = lite::hdepthwise::kernels(isa);
    if (kernels == nullptr) continue;
    check_sizes(*kernels);
    check_generic(*kernels);
  }
  return check_result();
}
