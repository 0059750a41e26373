// SPDX-License-Identifier: Apache-2.0
// What benchmark_bin measured, as text with Paddle Lite's fields and as JSON.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "benchmark/options.h"
#include "lite/lite.hpp"

namespace benchmark {

struct Layer {
  lite_step step;
  double median_us;
};

// Times are in ms.
struct Measured {
  double load = 0;     // opening and checking the file
  double prepare = 0;  // a session, planned for the shapes
  double first = 0;
  std::vector<double> runs;
  uint64_t peak_before_load_bytes = 0, peak_after_prepare_bytes = 0, peak_bytes = 0;
  std::vector<Layer> layers;  // with --profile
};

[[nodiscard]] std::string text_report(const Options& options, lite::Session& session,
                                      const Measured& measured);
[[nodiscard]] std::string json_report(const Options& options, lite::Session& session,
                                      const Measured& measured);

}  // namespace benchmark
