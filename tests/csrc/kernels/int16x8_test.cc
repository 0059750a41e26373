// SPDX-License-Identifier: Apache-2.0
// Layers of s16 of every usable ISA, bit for bit against loops over integers of 64 bits, at the
// ends of the range too, where sums of more than 2^31 must stay exact; inputs end at guard pages.
#include "kernels/int16x8/int16x8.h"

#include <cmath>
#include <vector>

#include "base/isa.h"
#include "check.h"
#include "guarded.h"

namespace {

using lite::int16x8::Block;
using lite::int16x8::Finish;
using lite::int16x8::Kernels;
using lite::int16x8::Pixels;

// Random over [-limit, limit), or all -limit if there is nothing random.
template <class T>
void fill(guarded::Array<T>& elements, float limit, guarded::Random* random) {
  for (int64_t i = 0; i < elements.size(); ++i)
    elements[i] = static_cast<T>(random ? random->next() * limit : -limit);
}

struct Sizes {
  int64_t m, n, taps, k;
};

// m rows and n columns of outputs, and what finishes them.
class Outputs {
 public:
  Outputs(int64_t m, int64_t n, int64_t depth, bool residual, guarded::Random& random)
      : bias_(n), sums_(n), scale_(n), residual_(m * n), y_(m * n), n_(n), has_residual_(residual) {
    fill(bias_, 2e9f, &random);
    fill(residual_, 32767.0f, &random);
    for (int64_t j = 0; j < n; ++j)
      scale_[j] = (0.6f + 0.4f * random.next()) * 0.02f / std::sqrt(static_cast<float>(depth));
  }

  // weight(j, d) is the weight of column j at depth d.
  template <class Weight>
  Finish finish(int64_t depth, const Weight& weight) {
    for (int64_t j = 0; j < n_; ++j) {
      uint32_t sum = static_cast<uint32_t>(bias_[j]);
      for (int64_t d = 0; d < depth; ++d) sum += static_cast<uint32_t>(weight(j, d));
      sums_[j] = static_cast<int32_t>(sum);
    }
    Finish finish;
    finish.bias = bias_.data();
    finish.bias_and_weights = sums_.data();
    finish.scale = scale_.data();
    finish.requantization = to_;
    finish.residual = has_residual_ ? residual_.data() : nullptr;
    finish.y = y_.data();
    finish.stride = finish.residual_stride = n_;
    return finish;
  }

  // The sum without bias, of inputs less their zero point.
  bool right(int64_t row, int64_t column, int64_t sum) {
    const int64_t place = row * n_ + column;
    float steps = static_cast<float>(sum + bias_[column]) * scale_[column];
    if (has_residual_)
      steps += static_cast<float>(residual_[place] - to_.residual_zero) * to_.residual_scale;
    const double y = std::nearbyint(static_cast<double>(steps)) + to_.y_zero;
    return y_[place] == static_cast<int16_t>(y < to_.lo ? to_.lo : y > to_.hi ? to_.hi : y);
  }

  [[nodiscard]] int32_t x_zero() const { return to_.x_zero; }

 private:
  lite::Requantization to_ = {-300, 7, -32768, 30000, 0.6f, 11};
  guarded::Array<int32_t> bias_, sums_;
  guarded::Floats scale_;
  guarded::Array<int16_t> residual_, y_;
  int64_t n_;
  bool has_residual_;
};

bool products_right(const Kernels& kernels, const Sizes& size, guarded::Random* values) {
  guarded::Random random;
  const int64_t depth = size.taps * size.k, quads = (size.k + 3) / 4, panels = (size.n + 15) / 16;
  guarded::Array<int16_t> x(size.m * depth);
  guarded::Bytes w(size.n * depth), packed(panels * size.taps * quads * 64);
  fill(x, 32768.0f, values);
  fill(w, 128.0f, values);
  fill(packed, 0.0f, nullptr);
  for (int64_t j = 0; j < size.n; ++j)
    for (int64_t d = 0; d < depth; ++d) {
      const int64_t quad = j / 16 * size.taps * quads + d / size.k * quads + d % size.k / 4;
      packed[quad * 64 + j % 16 * 4 + d % size.k % 4] = w[j * depth + d];
    }
  std::vector<const int16_t*> rows;
  for (int64_t tap = 0; tap < size.taps; ++tap)
    for (int64_t i = 0; i < size.m; ++i) rows.push_back(x.data() + (tap * size.m + i) * size.k);
  Outputs outputs(size.m, size.n, depth, size.m % 2 == 0, random);
  kernels.multiply({size.m, size.n, size.taps, size.k, rows.data(), packed.data(),
                    size.taps * quads * 64,
                    outputs.finish(depth, [&](int64_t j, int64_t d) { return w[j * depth + d]; })});
  for (int64_t i = 0; i < size.m; ++i)
    for (int64_t j = 0; j < size.n; ++j) {
      int64_t sum = 0;
      for (int64_t d = 0; d < depth; ++d)
        sum += static_cast<int64_t>(rows[static_cast<size_t>(d / size.k * size.m + i)][d % size.k] -
                                    outputs.x_zero()) *
               w[j * depth + d];
      if (!outputs.right(i, j, sum)) return false;
    }
  return true;
}

// n channels, k of which is 1.
bool channels_right(const Kernels& kernels, const Sizes& size, guarded::Random* values) {
  guarded::Random random;
  guarded::Array<int16_t> x(size.taps * size.m * size.n);
  guarded::Bytes w(size.taps * size.n);
  fill(x, 32768.0f, values);
  fill(w, 128.0f, values);
  std::vector<const int16_t*> rows;
  for (int64_t i = 0; i < size.taps * size.m; ++i) rows.push_back(x.data() + i * size.n);
  Outputs outputs(size.m, size.n, size.taps, size.m % 2 == 0, random);
  kernels.convolve(
      {size.m, 0, size.n, size.n, size.taps, rows.data(), w.data(),
       outputs.finish(size.taps, [&](int64_t j, int64_t d) { return w[d * size.n + j]; })});
  for (int64_t i = 0; i < size.m; ++i)
    for (int64_t j = 0; j < size.n; ++j) {
      int64_t sum = 0;
      for (int64_t tap = 0; tap < size.taps; ++tap)
        sum += static_cast<int64_t>(x[(tap * size.m + i) * size.n + j] - outputs.x_zero()) *
               w[tap * size.n + j];
      if (!outputs.right(i, j, sum)) return false;
    }
  return true;
}

void check(lite::Isa isa) {
  const Kernels& kernels = lite::int16x8::kernels(isa);
  guarded::Random random;
  for (guarded::Random* values : {&random, static_cast<guarded::Random*>(nullptr)}) {
    for (const Sizes& size : {Sizes{1, 1, 1, 1}, Sizes{5, 17, 1, 3}, Sizes{4, 16, 2, 8},
                              Sizes{7, 33, 3, 13}, Sizes{3, 5, 1, 507}, Sizes{2, 20, 1, 508},
                              Sizes{6, 9, 1, 512}, Sizes{2, 3, 9, 130}, Sizes{1, 18, 2, 3000}})
      CHECK(products_right(kernels, size, values));
    for (const Sizes& size : {Sizes{3, 1, 9, 1}, Sizes{2, 31, 25, 1}, Sizes{1, 32, 1, 1},
                              Sizes{2, 70, 508, 1}, Sizes{1, 40, 700, 1}})
      CHECK(channels_right(kernels, size, values));
  }
}

}  // namespace

int main() {
  for (lite::Isa isa : lite::usable_isas()) check(isa);
  return check_result();
}
