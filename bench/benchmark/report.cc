// SPDX-License-Identifier: Apache-2.0
#include "benchmark/report.h"

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <iterator>
#include <numeric>

#include "base/cores.h"
#include "base/cpu.h"

namespace benchmark {
namespace {

constexpr double kMegabyte = 1 << 20;

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void say(std::string* out, const char* format, ...) {  // no names: these may have any length
  char line[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line, sizeof(line), format, arguments);
  va_end(arguments);
  *out += line;
}

std::string joined(const std::vector<int64_t>& extents) {
  std::string text;
  for (int64_t extent : extents) text += (text.empty() ? "" : ",") + std::to_string(extent);
  return text;
}

// "4 x 1.80 GHz, 4 x 2.40 GHz"; only how many where the system does not tell how fast.
std::string cores_text() {
  std::vector<lite::Core> cores = lite::read_cores(lite::usable_cores().indices());
  std::sort(cores.begin(), cores.end(),
            [](const lite::Core& a, const lite::Core& b) { return a.max_khz < b.max_khz; });
  std::string text;
  for (size_t begin = 0, end = 0; begin < cores.size(); begin = end) {
    while (end < cores.size() && cores[end].max_khz == cores[begin].max_khz) ++end;
    say(&text, "%s%zu", begin == 0 ? "" : ", ", end - begin);
    if (cores[begin].max_khz != 0)
      say(&text, " x %.2f GHz", static_cast<double>(cores[begin].max_khz) / 1e6);
  }
  return text.empty() ? "unknown" : text;
}

void say_output(std::string* out, lite::Tensor tensor, bool elements) {
  *out += "output " + tensor.name() + ": shape " + joined(tensor.shape());
  if (tensor.dtype() == LITE_F32) {
    const std::vector<float> numbers = tensor.to_vector<float>();
    const double count = std::max<double>(1, static_cast<double>(numbers.size()));
    const double mean = std::accumulate(numbers.begin(), numbers.end(), 0.0) / count;
    double squares = 0;
    for (float number : numbers) squares += (number - mean) * (number - mean);
    say(out, ", elem num %zu, mean value %g, standard deviation %g", numbers.size(), mean,
        std::sqrt(squares / count));
    for (size_t i = 0; elements && i < numbers.size(); ++i)
      say(out, "\n  [%zu] = %g", i, static_cast<double>(numbers[i]));
  }
  *out += "\n";
}

const char* precision_text(lite_precision precision) {
  return precision == LITE_FAST ? "fast" : "exact";
}

void say_times(std::string* out, const Measured& measured) {
  std::vector<double> runs = measured.runs;
  std::sort(runs.begin(), runs.end());
  const size_t count = runs.size();
  const size_t ninth = std::min(count - 1, (count * 9 + 9) / 10 - 1);
  const double sum = std::accumulate(runs.begin(), runs.end(), 0.0);
  const std::pair<const char*, double> rows[] = {
      {"load   ", measured.load},
      {"prepare", measured.prepare},
      {"init   ", measured.load + measured.prepare},
      {"first  ", measured.first},
      {"min    ", runs.front()},
      {"max    ", runs.back()},
      {"avg    ", sum / static_cast<double>(count)},
      {"median ", (runs[(count - 1) / 2] + runs[count / 2]) / 2},
      {"p90    ", runs[ninth]}};
  *out += "\n======= Perf Info =======\nTime(unit: ms):\n";
  for (const auto& row : rows) say(out, "%s = %8.3f\n", row.first, row.second);
  say(out, "Memory Usage(unit: MB):\ninit    = %8.3f\npeak    = %8.3f\n",
      static_cast<double>(measured.peak_after_prepare_bytes) / kMegabyte,
      static_cast<double>(measured.peak_bytes) / kMegabyte);
}

void say_layers(std::string* out, const std::vector<Layer>& layers, int repeats) {
  double total = 1e-9;
  for (const Layer& layer : layers) total += layer.median_us;
  say(out, "\n======= Layers (median of %d runs) =======\n", repeats);
  for (const Layer& layer : layers) {
    say(out, "%10.1f us %5.1f %%  %-18s %-20s ", layer.median_us, 100 * layer.median_us / total,
        layer.step.op, layer.step.kernel);
    *out += std::string(layer.step.name) + "\n";
  }
}

// ------------------------------------------------------------------------------------------ JSON

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (char letter : text) {
    if (letter == '"' || letter == '\\') result += '\\';
    if (static_cast<unsigned char>(letter) < ' ')
      say(&result, "\\u%04x", static_cast<unsigned>(letter));
    else
      result += letter;
  }
  return result + "\"";
}

std::string named_shapes(lite::Session& session) {
  std::string text;
  for (size_t i = 0; i < session.input_count(); ++i)
    text += (i == 0 ? "" : ", ") + quoted(session.input(i).name()) + ": [" +
            joined(session.input(i).shape()) + "]";
  return "{" + text + "}";
}

std::string layer_rows(const std::vector<Layer>& layers) {
  std::string text;
  for (const Layer& layer : layers) {
    text += text.empty() ? "\n" : ",\n";
    text += "  {\"name\": " + quoted(layer.step.name) + ", \"op\": " + quoted(layer.step.op) +
            ", \"kernel\": " + quoted(layer.step.kernel);
    say(&text, ", \"median_us\": %.3f}", layer.median_us);
  }
  return "[" + text + "]";
}

}  // namespace

std::string text_report(const Options& options, lite::Session& session, const Measured& measured) {
  std::string out = "======= Device Info =======\ncpu: " + lite::cpu_name() +
                    "\ncores: " + cores_text() +
                    "\n\n======= Model Info =======\noptimized_model_file: " + options.model + "\n";
  for (size_t i = 0; i < session.input_count(); ++i)
    out +=
        "input " + session.input(i).name() + ": shape " + joined(session.input(i).shape()) + "\n";
  say(&out, "output tensor num: %zu\n", session.output_count());
  for (size_t i = 0; i < session.output_count(); ++i)
    say_output(&out, session.output(i), options.elements);
  const lite_memory memory = session.memory();
  say(&out, "\n======= Runtime Info =======\nbenchmark_bin version: %s\nisa: %s\nthreads: %d\n",
      lite_version(), session.isa().c_str(), options.threads);
  say(&out, "precision: %s\npower_mode: %d\nwarmup: %d\nrepeats: %d\n",
      precision_text(options.precision), options.power_mode, options.warmup, options.repeats);
  out += "result_path: " + options.result_path + "\n";
  say(&out, "arena: %llu bytes\nweights: %llu bytes\n",
      static_cast<unsigned long long>(memory.arena_bytes),
      static_cast<unsigned long long>(memory.weights_bytes));
  say_times(&out, measured);
  if (options.profile) say_layers(&out, measured.layers, options.repeats);
  return out;
}

std::string json_report(const Options& options, lite::Session& session, const Measured& measured) {
  const lite_memory memory = session.memory();
  const std::pair<const char*, uint64_t> bytes[] = {
      {"arena_bytes", memory.arena_bytes},
      {"lower_bound_bytes", memory.lower_bound_bytes},
      {"scratch_bytes", memory.scratch_bytes},
      {"weights_bytes", memory.weights_bytes},
      {"peak_before_load_bytes", measured.peak_before_load_bytes},
      {"peak_after_prepare_bytes", measured.peak_after_prepare_bytes},
      {"peak_bytes", measured.peak_bytes}};
  std::string out =
      "{\"version\": " + quoted(lite_version()) + ", \"cpu\": " + quoted(lite::cpu_name()) +
      ", \"cores\": " + quoted(cores_text()) + ",\n \"isa\": " + quoted(session.isa());
  say(&out, ", \"threads\": %d, \"precision\": \"%s\", \"power_mode\": %d,\n", options.threads,
      precision_text(options.precision), options.power_mode);
  out += " \"note\": " + quoted(session.note()) + ", \"input_shapes\": " + named_shapes(session);
  say(&out, ",\n \"warmup\": %d, \"repeats\": %d", options.warmup, options.repeats);
  for (const auto& row : bytes)
    say(&out, ", \"%s\": %llu", row.first, static_cast<unsigned long long>(row.second));
  say(&out,
      ",\n \"load_ms\": %.4f, \"prepare_ms\": %.4f, \"first_ms\": %.4f,\n \"latencies_ms\": [",
      measured.load, measured.prepare, measured.first);
  for (size_t i = 0; i < measured.runs.size(); ++i)
    say(&out, "%s%.4f", i == 0 ? "" : ", ", measured.runs[i]);
  return out + "],\n \"layers\": " + layer_rows(measured.layers) + "}\n";
}

}  // namespace benchmark
