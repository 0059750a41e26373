// SPDX-License-Identifier: Apache-2.0
// The command line of bench/kernels.
#pragma once

#include <string>
#include <vector>

#include "kernel_layers.h"

namespace lite::bench {

struct Options {
  std::vector<const Net*> nets;
  int threads = 1;
  int repeats = 60;
  bool floats = false, integers = false;
  bool fast = false, hot = false, json = false, help = false;
};

// What is wrong with the words; empty if nothing is.
std::string read_options(int count, char** words, Options& options);

std::string help_text();

}  // namespace lite::bench
