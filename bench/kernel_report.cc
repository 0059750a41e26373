// SPDX-License-Identifier: Apache-2.0
#include "kernel_report.h"

#include <sys/utsname.h>

#include <cstdio>
#include <fstream>

namespace lite::bench {
namespace {

constexpr int kMeasurements = 100;

// What the processor calls itself, or else its architecture.
std::string machine() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.rfind("model name", 0) == 0 && line.find(": ") != std::string::npos)
      return line.substr(line.find(": ") + 2);
  utsname names;
  return uname(&names) == 0 ? names.machine : "";
}

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (static_cast<unsigned char>(c) >= ' ') result += c;
  }
  return result + "\"";
}

std::string number(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof(text), "%.*f", digits, value);
  return text;
}

double bandwidth_of(const Bench& bench) {
  double best = 0;
  for (int i = 0; i < kMeasurements / 4; ++i)
    best = std::max(best, bench.bandwidth.measure(bench.team));
  return best;
}

const char* limit_of(const Layer& layer) {
  if (layer.limit == Limit::bandwidth) return "bandwidth";
  return layer.integers ? "dot products" : "fused multiply-adds";
}

std::string figures(double operations, const Timing& timing) {
  return "\"time_us\": " + number(timing.median_ns * 1e-3, 2) +
         ", \"least_us\": " + number(timing.least_ns * 1e-3, 2) +
         ", \"gops\": " + number(operations / timing.median_ns, 1) +
         ", \"share\": " + number(timing.share, 4);
}

void print_row(const char* name, double operations, const Timing& timing, const char* kernel) {
  std::printf("%-32s %9.1f us  least %9.1f us %8.1f GOPS  %5.1f %% of peak  %s\n", name,
              timing.median_ns * 1e-3, timing.least_ns * 1e-3, operations / timing.median_ns,
              timing.share * 100, kernel);
  std::fflush(stdout);
}

}  // namespace

Report::Report(bool json, const Bench& bench) : json_(json) {
  json ? begin_document(bench) : print_head(bench);
}

void Report::print_head(const Bench& bench) const {
  std::printf("%s, %s, %d threads, weights are %s\n", machine().c_str(), isa_name(bench.isa),
              bench.team.size(), bench.hot ? "hot" : "cold");
  std::printf("peak of fused multiply-adds %.1f GOPS, of dot products %.1f GOPS\n",
              peak_of(chains_of(bench.isa), kMeasurements) * bench.team.size(),
              peak_of(dots_of(bench.isa), kMeasurements) * bench.team.size());
  for (const Peak& peak : peaks_here())
    std::printf("  %-16s %8.1f GOPS on one core\n", peak.name, peak_of(peak.chains, kMeasurements));
  std::printf("  %-16s %8.1f GB/s\n", "bandwidth", bandwidth_of(bench));
}

void Report::begin_document(const Bench& bench) {
  document_ = "{\"machine\": " + quoted(machine()) + ",\n \"isa\": " + quoted(isa_name(bench.isa)) +
              ",\n \"threads\": " + std::to_string(bench.team.size()) +
              ",\n \"weights\": " + quoted(bench.hot ? "hot" : "cold") + ",\n \"peaks\": {";
  document_ += "\"fused_multiply_adds_gops\": " +
               number(peak_of(chains_of(bench.isa), kMeasurements) * bench.team.size(), 1) +
               ", \"dot_products_gops\": " +
               number(peak_of(dots_of(bench.isa), kMeasurements) * bench.team.size(), 1) +
               ", \"bandwidth_gb_per_s\": " + number(bandwidth_of(bench), 2) +
               ",\n  \"of_one_core\": {";
  const char* comma = "";
  for (const Peak& peak : peaks_here()) {
    document_ += comma + quoted(peak.name) + ": " + number(peak_of(peak.chains, kMeasurements), 1);
    comma = ", ";
  }
  document_ += "}},\n \"nets\": [";
}

void Report::begin_net(const char* name, bool integers) {
  net_ = name;
  total_ = {};
  operations_ = 0;
  if (!json_) {
    std::printf("\n%s, %s\n", name, integers ? "int8" : "f32");
    return;
  }
  document_ += std::string(first_net_ ? "" : ",") + "\n  {\"net\": " + quoted(name) +
               ", \"type\": " + quoted(integers ? "int8" : "f32") + ", \"rows\": [";
  first_net_ = false;
  first_row_ = true;
}

void Report::add(const Layer& layer, const char* kernel, const Timing& timing) {
  total_.median_ns += timing.median_ns;
  total_.least_ns += timing.least_ns;
  total_.share += timing.share * timing.median_ns;
  operations_ += layer.operations();
  if (!json_) return print_row(layer.name.c_str(), layer.operations(), timing, kernel);
  document_ += std::string(first_row_ ? "" : ",") + "\n   {\"layer\": " + quoted(layer.name) +
               ", \"kernel\": " + quoted(kernel) + ", \"of\": " + quoted(limit_of(layer)) + ", " +
               figures(layer.operations(), timing) + "}";
  first_row_ = false;
}

void Report::end_net() {
  total_.share /= total_.median_ns;
  if (!json_) return print_row("total", operations_, total_, "");
  document_ += "],\n   \"total\": {" + figures(operations_, total_) + "}}";
}

void Report::end() {
  if (json_) std::printf("%s]}\n", document_.c_str());
}

}  // namespace lite::bench
