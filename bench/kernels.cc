// SPDX-License-Identifier: Apache-2.0
// Times the layers of nets one by one: median time, and share of the peak that is measured in turns
// with the layer: of fused multiply-adds, of dot products of bytes, or of memory's bandwidth.
// Weights are cold, as in a net: each layer has several copies that take turns.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "kernel_options.h"
#include "kernel_report.h"
#include "kernel_runner.h"

namespace lite::bench {
namespace {

void sample_in_turns(const std::vector<std::unique_ptr<Runner>>& runners, int repeats) {
  for (int i = 0; i < repeats; ++i)
    for (const auto& runner : runners) runner->sample();
}

Status time_net(const Net& net, bool integers, const Bench& bench, int repeats, Report& report) {
  report.begin_net(net.name, integers);
  const std::vector<Layer> layers = layers_of(net, integers);
  for (size_t first = 0; first < layers.size(); first += static_cast<size_t>(layers[first].turns)) {
    std::vector<std::unique_ptr<Runner>> runners;
    for (int turn = 0; turn < layers[first].turns; ++turn) {
      const Layer& layer = layers[first + static_cast<size_t>(turn)];
      runners.push_back(std::make_unique<Runner>(layer, bench));
      LITE_RETURN_IF_ERROR(runners.back()->status());
    }
    sample_in_turns(runners, repeats);
    for (const auto& runner : runners)
      report.add(runner->layer(), runner->kernel(), runner->timing());
  }
  report.end_net();
  return Status();
}

Status time_nets(const Options& options) {
  LITE_ASSIGN_OR_RETURN(const Isa isa, choose_isa());
  ThreadTeam team(options.threads);
  Bandwidth bandwidth;
  LITE_RETURN_IF_ERROR(bandwidth.allocate());
  const Precision precision = options.fast ? Precision::fast : Precision::exact;
  const Bench bench = {isa, precision, options.hot, team, bandwidth};
  Report report(options.json, bench);
  for (const Net* net : options.nets) {
    if (options.floats) LITE_RETURN_IF_ERROR(time_net(*net, false, bench, options.repeats, report));
    if (options.integers)
      LITE_RETURN_IF_ERROR(time_net(*net, true, bench, options.repeats, report));
  }
  report.end();
  return Status();
}

}  // namespace
}  // namespace lite::bench

int main(int count, char** words) {
  using namespace lite::bench;
  Options options;
  const std::string problem = read_options(count, words, options);
  if (!problem.empty()) {
    std::fprintf(stderr, "%s\nkernels --help tells what there is\n", problem.c_str());
    return 2;
  }
  if (options.help) {
    std::fputs(help_text().c_str(), stdout);
    return 0;
  }
  const lite::Status status = time_nets(options);
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", status.text().c_str());
  return 1;
}
