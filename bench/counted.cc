// SPDX-License-Identifier: Apache-2.0
// counted: runs a .nb model once for an emulator that counts instructions
// (bench/counting/counter.c), then once more, layer by layer, and prints the layers' names.
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "lite/lite.hpp"

namespace {

constexpr long kMark = 4242, kBegin = 0, kEnd = 1, kLaps = 2;  // as in counter.c
constexpr long kWhole = 1, kRest = 2;                          // labels

void mark(long verb, long label = 0) { (void)syscall(kMark, verb, label); }

// Numbers without a pattern between -1 and 1; the same in every run.
void fill(lite::Tensor tensor) {
  if (tensor.dtype() != LITE_F32) {
    std::memset(tensor.data<char>(), 1, tensor.size_bytes());
    return;
  }
  float* data = tensor.data<float>();
  unsigned state = 1;
  for (size_t i = 0; i < tensor.size_bytes() / sizeof(float); ++i) {
    state = state * 1664525u + 1013904223u;
    data[i] = static_cast<float>(static_cast<int>(state >> 8) - (1 << 23)) / (1 << 23);
  }
}

void run(const char* path, lite_precision precision) {
  const lite::Model model(path);
  lite::Session session = model.session(1, 0, precision);
  for (size_t i = 0; i < session.input_count(); ++i) fill(session.input(i));
  for (int i = 0; i < 2; ++i) session.run();
  mark(kBegin);
  session.run();
  mark(kEnd, kWhole);
  session.set_profiling(true);
  session.run();
  mark(kLaps);
  session.run();
  mark(kEnd, kRest);
  std::printf("isa\t%s\n", session.isa().c_str());
  for (const lite_step& step : session.steps())
    std::printf("layer\t%s\t%s\t%s\n", step.op, step.kernel, step.name);
}

}  // namespace

int main(int count, char** texts) {
  if (count < 2) {
    std::fputs("counted MODEL.nb [fast]\n", stderr);
    return 2;
  }
  try {
    run(texts[1], count > 2 && std::strcmp(texts[2], "fast") == 0 ? LITE_FAST : LITE_EXACT);
    return 0;
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "%s\n", problem.what());
    return 1;
  }
}
