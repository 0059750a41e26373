// SPDX-License-Identifier: Apache-2.0
// Convolutions by tiles, of every usable ISA and every size of tiles, against loops in double; with
// the same bits for any number of threads. Inputs and outputs lie right before forbidden pages.
#include "kernels/winograd/winograd.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <vector>

#include "base/isa.h"
#include "check.h"
#include "guarded.h"
#include "meaning.h"
#include "ops/op.h"

namespace {

using guarded::Floats;

constexpr const char* kKernels[] = {"winograd_2x3", "winograd_4x3", "winograd_6x3"};
constexpr double kRelativeError = 2e-5;  // of the greatest sum, as winograd.h says

struct Case {
  int64_t images, height, width, channels, outputs;
  std::vector<int64_t> pads;  // top, left, bottom, right
  bool bias, residual, packed;
  const char* activation;

  int64_t out_height() const { return height + pads[0] + pads[2] - 2; }
  int64_t out_width() const { return width + pads[1] + pads[3] - 2; }
};

const Case kCases[] = {
    {1, 3, 3, 2, 1, {0, 0, 0, 0}, false, false, false, "none"},
    {1, 1, 1, 3, 5, {1, 1, 1, 1}, true, false, true, "relu"},
    {1, 7, 7, 16, 16, {1, 1, 1, 1}, true, true, true, "relu"},
    {2, 7, 9, 33, 17, {1, 1, 1, 1}, true, true, true, "leaky_relu"},
    {1, 13, 11, 20, 50, {0, 1, 2, 0}, true, false, false, "hard_swish"},
    {3, 5, 8, 7, 19, {2, 0, 1, 3}, false, true, true, "swish"},
    {1, 4, 40, 8, 31, {4, 5, 0, 1}, true, false, true, "sigmoid"},
    {1, 34, 35, 24, 40, {1, 1, 1, 1}, true, true, true, "relu6"},
    {1, 14, 14, 100, 64, {1, 1, 1, 1}, false, false, true, "none"},
};

class CaseAttributes final : public lite::Attributes {
 public:
  explicit CaseAttributes(const Case& c) : case_(c) {}
  int64_t integer(const char*, int64_t fallback) const override { return fallback; }
  float real(const char* name, float) const override {
    return std::strcmp(name, "alpha") == 0 ? 0.25f : 0.5f;
  }
  bool boolean(const char*, bool fallback) const override { return fallback; }
  const char* text(const char* name, const char* fallback) const override {
    if (std::strcmp(name, "layout") == 0) return "nhwc";
    return std::strcmp(name, "activation") == 0 ? case_.activation : fallback;
  }
  lite::Span<const int64_t> integers(const char* name) const override {
    if (std::strcmp(name, "pads") == 0) return case_.pads;
    return {};
  }
  lite::Span<const float> reals(const char*) const override { return {}; }

 private:
  const Case& case_;
};

lite::Tensor tensor_of(std::initializer_list<int64_t> dims, Floats& floats, bool constant) {
  lite::Tensor tensor;
  tensor.constant = constant;
  for (int64_t extent : dims) tensor.shape[tensor.shape.rank++] = extent;
  tensor.data = reinterpret_cast<std::byte*>(floats.data());
  return tensor;
}

int64_t panels(int64_t columns) { return (columns + 15) / 16; }

class Operands {
 public:
  Operands(const Case& c, guarded::Random& random)
      : case_(c),
        x(c.images * c.height * c.width * c.channels),
        w(c.outputs * c.channels * 9),
        packed(panels(c.outputs) * c.channels * 9 * 16),
        bias(c.outputs),
        y(c.images * c.out_height() * c.out_width() * c.outputs),
        residual(y.size()) {
    for (Floats* floats : {&x, &w, &bias, &residual}) random.fill(*floats);
    for (int64_t i = 0; i < w.size(); ++i) {
      const int64_t o = i / (9 * c.channels), k = i % 9 * c.channels + i / 9 % c.channels;
      packed[(o / 16 * 9 * c.channels + k) * 16 + o % 16] = w[i];
    }
    inputs = {tensor_of({c.images, c.height, c.width, c.channels}, x, false),
              tensor_of({c.outputs, c.channels, 3, 3}, c.packed ? packed : w, true)};
    if (c.packed) inputs[1].packing = lite::Packing::p16;
    if (c.bias || c.residual) inputs.push_back(tensor_of({c.outputs}, bias, true));
    if (!c.bias && c.residual) inputs[2] = lite::Tensor();
    if (c.residual) inputs.push_back(tensor_of({}, residual, false));
    outputs = {tensor_of({c.images, c.out_height(), c.out_width(), c.outputs}, y, false)};
    if (c.residual) inputs[3].shape = outputs[0].shape;
  }

  // Before the activation.
  double expected(int64_t place) const {
    const int64_t o = place % case_.outputs, column = place / case_.outputs % case_.out_width();
    const int64_t row = place / case_.outputs / case_.out_width() % case_.out_height();
    const int64_t image = place / case_.outputs / case_.out_width() / case_.out_height();
    double sum = case_.bias ? bias[o] : 0.0;
    for (int64_t tap = 0; tap < 9; ++tap) {
      const int64_t i = row + tap / 3 - case_.pads[0], j = column + tap % 3 - case_.pads[1];
      if (i < 0 || i >= case_.height || j < 0 || j >= case_.width) continue;
      const float* pixel =
          x.data() + ((image * case_.height + i) * case_.width + j) * case_.channels;
      for (int64_t c = 0; c < case_.channels; ++c)
        sum += static_cast<double>(pixel[c]) * w[(o * case_.channels + c) * 9 + tap];
    }
    if (case_.residual) sum += residual[place];
    return sum;
  }

 private:
  const Case& case_;

 public:
  Floats x, w, packed, bias, y, residual;
  std::vector<lite::Tensor> inputs, outputs;
};

lite::Activation activation_of(const char* word) {
  lite::Activation activation;
  activation.alpha = 0.25f;
  activation.beta = 0.5f;
  if (std::strncmp(word, "relu", 4) == 0) activation.lo = 0.0f;
  if (std::strcmp(word, "relu6") == 0) activation.hi = 6.0f;
  if (std::strcmp(word, "leaky_relu") == 0) activation.kind = lite::ActivationKind::leaky_relu;
  if (std::strcmp(word, "hard_swish") == 0) activation.kind = lite::ActivationKind::hard_swish;
  if (std::strcmp(word, "swish") == 0) activation.kind = lite::ActivationKind::swish;
  if (std::strcmp(word, "sigmoid") == 0) activation.kind = lite::ActivationKind::sigmoid;
  return activation;
}

// Runs the case by the kernel; false if that cannot be.
bool run(const Case& c, Operands& operands, lite::Isa isa, const char* kernel, int threads) {
  lite::ThreadTeam team(threads);
  const CaseAttributes attributes(c);
  bool given[] = {true, true, c.bias, c.residual};
  lite::PrepareContext prepare;
  prepare.attributes = &attributes;
  prepare.inputs = operands.inputs;
  prepare.outputs = operands.outputs;
  prepare.given = {given, operands.inputs.size()};
  prepare.isa = isa;
  prepare.threads = threads;
  prepare.kernel = kernel;
  const std::unique_ptr<lite::Op> op = lite::find_op("conv2d")->create();
  if (!op->prepare(prepare).ok() || std::strcmp(op->kernel(), kernel) != 0) return false;
  guarded::Array<std::byte> scratch(static_cast<int64_t>((prepare.scratch_bytes + 63) / 64 * 64));
  // Scratch is not cleared between layers: what is left there must not matter.
  std::memset(scratch.data(), 0xFF, static_cast<size_t>(scratch.size()));
  lite::RunContext context;
  context.inputs = operands.inputs;
  context.outputs = operands.outputs;
  context.scratch = scratch.data();
  context.team = &team;
  op->run(context);
  return true;
}

void check(const Case& c, lite::Isa isa, const char* kernel, guarded::Random& random) {
  Operands operands(c, random);
  CHECK(run(c, operands, isa, kernel, 1));
  const lite::Activation activation = activation_of(c.activation);
  double greatest = 0, error = 0;
  for (int64_t i = 0; i < operands.y.size(); ++i) {
    const double sum = operands.expected(i);
    const double difference = std::fabs(operands.y[i] - meaning::activate(activation, sum));
    greatest = std::max(greatest, std::fabs(sum));
    if (!(difference <= error)) error = difference;
  }
  CHECK(error <= kRelativeError * greatest);
  if (!(error <= kRelativeError * greatest))
    std::fprintf(stderr, "  %s %s, channels %d: error %.3g of %.3g\n", lite::isa_name(isa), kernel,
                 static_cast<int>(c.channels), error, greatest);
  const std::vector<float> alone(operands.y.data(), operands.y.data() + operands.y.size());
  for (int threads : {2, 3}) {
    std::fill_n(operands.y.data(), operands.y.size(), 0.0f);
    CHECK(run(c, operands, isa, kernel, threads));
    CHECK(std::memcmp(alone.data(), operands.y.data(), alone.size() * sizeof(float)) == 0);
  }
}

// A kernel that is asked for where it does not fit is not picked.
void check_refusals(lite::Isa isa) {
  guarded::Random random;
  const Case& c = kCases[2];
  Operands operands(c, random);
  operands.inputs[1].constant = false;
  operands.inputs[1].packing = lite::Packing::plain;
  for (const char* kernel : kKernels) CHECK(!run(c, operands, isa, kernel, 1));
}

}  // namespace

int main() {
  for (lite::Isa isa : lite::usable_isas()) {
    guarded::Random random;
    for (const Case& c : kCases)
      for (const char* kernel : kKernels) check(c, isa, kernel, random);
    check_refusals(isa);
  }
  return check_result();
}
