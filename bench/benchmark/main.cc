// SPDX-License-Identifier: Apache-2.0
// benchmark_bin: one program that times a .nb model, for phones and boards. Flags and fields are
// those of Paddle Lite's benchmark_bin, with more besides; --profile adds the time of every layer.
// Nothing here uses streams: they would double the size of a static program.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "benchmark/options.h"
#include "benchmark/report.h"
#include "lite/lite.hpp"

namespace benchmark {
namespace {

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

std::string contents(const std::string& path) {
  std::string text;
  std::FILE* file = std::fopen(path.c_str(), "r");
  if (file == nullptr) throw std::invalid_argument("cannot read --input_data_path " + path);
  char part[4096];
  while (const size_t count = std::fread(part, 1, sizeof(part), file)) text.append(part, count);
  std::fclose(file);
  return text;
}

void write(const std::string& path, const char* mode, const char* flag, const std::string& text) {
  std::FILE* file = std::fopen(path.c_str(), mode);
  const bool written = file != nullptr && std::fputs(text.c_str(), file) >= 0;
  if (file == nullptr || std::fclose(file) != 0 || !written)
    throw std::invalid_argument(std::string("cannot write --") + flag + " " + path);
}

std::vector<double> numbers_in(const std::string& path) {
  std::vector<double> numbers;
  if (path.empty()) return numbers;
  const std::string text = contents(path);
  const char* place = text.c_str();
  for (char* end = nullptr;; place = end) {
    const double number = std::strtod(place, &end);
    if (end == place) break;
    numbers.push_back(number);
  }
  place += std::strspn(place, " \t\r\n");
  if (*place != '\0')
    throw std::invalid_argument("--input_data_path " + path + " holds '" +
                                std::string(place).substr(0, 20) + "', expected numbers");
  return numbers;
}

template <class T>
void fill(lite::Tensor tensor, const std::vector<double>& numbers) {
  T* data = tensor.data<T>();
  const size_t count = tensor.size_bytes() / sizeof(T);
  for (size_t i = 0; i < count; ++i) data[i] = static_cast<T>(i < numbers.size() ? numbers[i] : 1);
}

void fill_input(lite::Tensor tensor, const std::vector<double>& numbers) {
  switch (tensor.dtype()) {
    case LITE_F32:
      return fill<float>(tensor, numbers);
    case LITE_F64:
      return fill<double>(tensor, numbers);
    case LITE_S32:
      return fill<int32_t>(tensor, numbers);
    case LITE_S64:
      return fill<int64_t>(tensor, numbers);
    case LITE_U8:
      return fill<uint8_t>(tensor, numbers);
    case LITE_S8:
      return fill<int8_t>(tensor, numbers);
    default:
      std::memset(tensor.data<char>(), 0, tensor.size_bytes());
  }
}

// Greatest resident memory of this process so far. What getrusage says may be its parent's.
uint64_t peak_bytes() {
  unsigned long long kilobytes = 0;
  if (std::FILE* file = std::fopen("/proc/self/status", "r")) {
    char line[256];
    while (kilobytes == 0 && std::fgets(line, sizeof(line), file) != nullptr)
      if (std::sscanf(line, "VmHWM: %llu", &kilobytes) != 1) kilobytes = 0;
    std::fclose(file);
  }
  rusage usage = {};
  if (kilobytes == 0 && getrusage(RUSAGE_SELF, &usage) == 0)
    kilobytes = static_cast<unsigned long long>(usage.ru_maxrss);
  return kilobytes << 10;
}

double timed_run(lite::Session& session) {
  const Clock::time_point begin = Clock::now();
  session.run();
  return ms_since(begin);
}

std::vector<Layer> timed_layers(lite::Session& session, int repeats) {
  session.set_profiling(true);
  std::vector<std::vector<double>> times;
  std::vector<lite_step> steps;
  for (int i = 0; i < repeats; ++i) {
    session.run();
    steps = session.steps();
    times.resize(steps.size());
    for (size_t k = 0; k < steps.size(); ++k)
      times[k].push_back(static_cast<double>(steps[k].end_ns - steps[k].begin_ns) / 1e3);
  }
  session.set_profiling(false);
  std::vector<Layer> layers;
  for (size_t k = 0; k < steps.size(); ++k) {
    std::sort(times[k].begin(), times[k].end());
    layers.push_back({steps[k], times[k][times[k].size() / 2]});
  }
  return layers;
}

lite::Session prepared(const lite::Model& model, const Options& options) {
  const char* cache = options.tune_cache.empty() ? nullptr : options.tune_cache.c_str();
  lite::Session session =
      model.session(options.threads, 0, options.precision, cache, options.lite_mode());
  if (!session.note().empty()) std::fprintf(stderr, "%s\n", session.note().c_str());
  if (!options.shapes.empty()) session.resize(options.shapes);
  return session;
}

void check_shapes_known(lite::Session& session) {
  try {
    for (size_t i = 0; i < session.input_count(); ++i) (void)session.input(i).shape();
  } catch (const lite::Error&) {
    throw std::invalid_argument(
        "the model's input shapes are not fixed: give one for each of its " +
        std::to_string(session.input_count()) + " inputs, --input_shape=1,3,224,224[:1,5]");
  }
}

void measure(const Options& options) {
  Measured measured;
  measured.peak_before_load_bytes = peak_bytes();
  Clock::time_point begin = Clock::now();
  const lite::Model model(options.model);
  measured.load = ms_since(begin);
  begin = Clock::now();
  lite::Session session = prepared(model, options);
  check_shapes_known(session);
  measured.prepare = ms_since(begin);
  measured.peak_after_prepare_bytes = peak_bytes();
  const std::vector<double> numbers = numbers_in(options.data_path);
  for (size_t i = 0; i < session.input_count(); ++i)
    fill_input(session.input(i), i == 0 ? numbers : std::vector<double>());
  measured.first = timed_run(session);
  for (int i = 1; i < options.warmup; ++i) session.run();
  for (int i = 0; i < options.repeats; ++i) measured.runs.push_back(timed_run(session));
  measured.peak_bytes = peak_bytes();
  if (options.profile) measured.layers = timed_layers(session, options.repeats);
  const std::string text = text_report(options, session, measured);
  std::fputs(text.c_str(), stdout);
  if (!options.result_path.empty()) write(options.result_path, "a", "result_path", text);
  if (!options.json_path.empty())
    write(options.json_path, "w", "json_path", json_report(options, session, measured));
}

}  // namespace
}  // namespace benchmark

int main(int count, char** texts) {
  try {
    benchmark::measure(benchmark::parse_options(count, texts));
    return 0;
  } catch (const std::invalid_argument& problem) {
    std::fprintf(stderr, "%s\n", problem.what());
    return 2;
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "%s\n", problem.what());
    return 1;
  }
}
