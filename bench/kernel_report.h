// SPDX-License-Identifier: Apache-2.0
// Rows as they come, or all of it as one document of JSON at the end.
#pragma once

#include <string>

#include "kernel_runner.h"

namespace lite::bench {

class Report {
 public:
  Report(bool json, const Bench& bench);
  void begin_net(const char* name, bool integers);
  void add(const Layer& layer, const char* kernel, const Timing& timing);
  void end_net();
  void end();

 private:
  void print_head(const Bench& bench) const;
  void begin_document(const Bench& bench);

  bool json_;
  std::string document_;
  const char* net_ = "";
  bool first_net_ = true, first_row_ = true, integers_ = false;
  Timing total_;
  double operations_ = 0;
};

}  // namespace lite::bench
