// SPDX-License-Identifier: Apache-2.0
// What the flags of benchmark_bin ask for.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lite/lite.h"

namespace benchmark {

struct Options {
  std::string model, data_path, tune_cache, result_path, json_path;
  std::vector<std::vector<int64_t>> shapes;  // one per input; empty: the model's
  int warmup = 0, repeats = 1, threads = 1;
  int power_mode = 0;  // as Paddle Lite counts them
  lite_precision precision = LITE_EXACT;
  bool profile = false, elements = false;

  [[nodiscard]] lite_power_mode lite_mode() const;
};

// Throws std::invalid_argument, with the usage where flags are not understood.
[[nodiscard]] Options parse_options(int count, char** texts);

}  // namespace benchmark
