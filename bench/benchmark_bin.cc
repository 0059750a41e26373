// SPDX-License-Identifier: Apache-2.0
// benchmark_bin: one static program that times a .nb model, for phones and boards. Flags and fields
// are those of Paddle Lite's benchmark_bin, with median and p90 besides; --profile adds the time of
// every layer.
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

#include "lite/lite.hpp"

namespace {

using Clock = std::chrono::steady_clock;

const char kUsage[] =
    "benchmark_bin --optimized_model_file=MODEL.nb [flags]\n"
    "  --input_shape=1,3,224,224[:1,5]  one shape per input; needed if the model's are not fixed\n"
    "  --input_data_path=FILE           text: numbers for the first input (default: all 1)\n"
    "  --warmup=0 --repeats=1 --threads=1\n"
    "  --power_mode=0                   0: fastest cores, 1: slowest, 2: all, 3: leave it to the "
    "system\n"
    "  --precision=exact                or fast: products of bf16, where the processor has them\n"
    "  --tune_cache=FILE                kernels that `lite tune` measured here (default: "
    "$LITE_TUNE_CACHE)\n"
    "  --profile=false                  time every layer\n"
    "  --show_output_elem=false         print the outputs' elements\n"
    "  --result_path=FILE               append everything printed to a file\n";

std::map<std::string, std::string> parse_flags(int count, char** texts) {
  std::map<std::string, std::string> flags = {{"optimized_model_file", ""},
                                              {"input_shape", ""},
                                              {"input_data_path", ""},
                                              {"warmup", "0"},
                                              {"repeats", "1"},
                                              {"threads", "1"},
                                              {"power_mode", "0"},
                                              {"precision", "exact"},
                                              {"tune_cache", ""},
                                              {"profile", "false"},
                                              {"show_output_elem", "false"},
                                              {"result_path", ""}};
  for (int i = 1; i < count; ++i) {
    std::string text = texts[i];
    text.erase(0, text.find_first_not_of('-'));
    const size_t equals = text.find('=');
    const std::string name = text.substr(0, equals);
    if (flags.count(name) == 0)
      throw std::invalid_argument("unknown flag --" + name + "\n" + kUsage);
    const bool next_is_value =
        equals == std::string::npos && i + 1 < count && texts[i + 1][0] != '-';
    flags[name] = equals != std::string::npos ? text.substr(equals + 1)
                  : next_is_value             ? texts[++i]
                                              : "true";
  }
  if (flags["optimized_model_file"].empty()) throw std::invalid_argument(kUsage);
  return flags;
}

int whole_number(const std::map<std::string, std::string>& flags, const std::string& name,
                 int least) {
  const std::string& text = flags.at(name);
  size_t used = 0;
  int number = least - 1;
  try {
    number = std::stoi(text, &used);
  } catch (const std::exception&) {
  }
  if (used != text.size() || number < least)
    throw std::invalid_argument("--" + name + " is '" + text +
                                "', expected a number >= " + std::to_string(least));
  return number;
}

lite_precision precision_of(const std::string& name) {
  if (name == "exact") return LITE_EXACT;
  if (name == "fast") return LITE_FAST;
  throw std::invalid_argument("--precision is '" + name + "', expected exact or fast");
}

std::vector<std::vector<int64_t>> parse_shapes(const std::string& text) {
  std::vector<std::vector<int64_t>> shapes;
  std::stringstream all(text);
  for (std::string one; std::getline(all, one, ':');) {
    shapes.emplace_back();
    std::stringstream extents(one);
    for (std::string extent; std::getline(extents, extent, ',');) {
      try {
        shapes.back().push_back(std::stoll(extent));
      } catch (const std::exception&) {
        throw std::invalid_argument("--input_shape is '" + text +
                                    "', expected numbers like 1,3,224,224:1,5");
      }
    }
  }
  return shapes;
}

// More threads than processors would only wait for each other.
void check_threads(int threads) {
#ifdef __linux__
  cpu_set_t usable;
  if (sched_getaffinity(0, sizeof(usable), &usable) != 0 || threads <= CPU_COUNT(&usable)) return;
  const std::string most = std::to_string(CPU_COUNT(&usable));
  throw std::invalid_argument("--threads is " + std::to_string(threads) + ", expected 1 to " +
                              most + ": this process may use " + most + " processors");
#else
  (void)threads;
#endif
}

// Greatest resident memory of this process so far, in words.
std::string peak_memory() {
  std::ifstream file("/proc/self/status");
  const std::string field = "VmHWM:";
  for (std::string line; std::getline(file, line);)
    if (line.compare(0, field.size(), field) == 0)
      return line.substr(line.find_first_not_of(" \t", field.size()));
  return "unknown";
}

// Keeps the process on the fastest (or slowest) cores, at least as many as there are threads.
void bind_cores(int power_mode, int threads) {
#ifdef __linux__
  if (power_mode != 0 && power_mode != 1) return;
  std::vector<std::pair<long, int>> cores;  // greatest frequency, number
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    std::ifstream file("/sys/devices/system/cpu/cpu" + std::to_string(core) +
                       "/cpufreq/cpuinfo_max_freq");
    long frequency = 0;
    if (!(file >> frequency)) break;
    cores.emplace_back(power_mode == 0 ? -frequency : frequency, core);
  }
  std::sort(cores.begin(), cores.end());
  cpu_set_t set;
  CPU_ZERO(&set);
  for (size_t i = 0; i < cores.size(); ++i)
    if (static_cast<int>(i) < threads || cores[i].first == cores[0].first)
      CPU_SET(cores[i].second, &set);
  if (!cores.empty()) sched_setaffinity(0, sizeof(set), &set);
#else
  (void)power_mode, (void)threads;
#endif
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

std::vector<double> read_numbers(const std::string& path) {
  std::vector<double> numbers;
  if (path.empty()) return numbers;
  std::ifstream file(path);
  if (!file) throw std::invalid_argument("cannot read --input_data_path " + path);
  for (double number; file >> number;) numbers.push_back(number);
  return numbers;
}

double ms_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

double timed_run(lite::Session& session) {
  const Clock::time_point begin = Clock::now();
  session.run();
  return ms_since(begin);
}

std::string shape_text(const std::vector<int64_t>& shape) {
  std::string text;
  for (int64_t extent : shape) text += (text.empty() ? "" : ",") + std::to_string(extent);
  return text;
}

void print_output(std::ostream& out, lite::Tensor tensor, bool elements) {
  out << "output " << tensor.name() << ": shape " << shape_text(tensor.shape());
  if (tensor.dtype() == LITE_F32) {
    const std::vector<float> numbers = tensor.to_vector<float>();
    const double count = std::max<double>(1, static_cast<double>(numbers.size()));
    const double mean = std::accumulate(numbers.begin(), numbers.end(), 0.0) / count;
    double squares = 0;
    for (float number : numbers) squares += (number - mean) * (number - mean);
    out << ", elem num " << numbers.size() << ", mean value " << mean << ", standard deviation "
        << std::sqrt(squares / count);
    for (size_t i = 0; elements && i < numbers.size(); ++i)
      out << "\n  [" << i << "] = " << numbers[i];
  }
  out << "\n";
}

// Sums the steps' times over some runs.
void print_profile(std::ostream& out, lite::Session& session, int repeats) {
  session.set_profiling(true);
  std::vector<double> us;
  std::vector<lite_step> steps;
  for (int i = 0; i < repeats; ++i) {
    session.run();
    steps = session.steps();
    us.resize(steps.size());
    for (size_t k = 0; k < steps.size(); ++k)
      us[k] += static_cast<double>(steps[k].end_ns - steps[k].begin_ns) / 1e3 / repeats;
  }
  session.set_profiling(false);
  const double total = std::max(std::accumulate(us.begin(), us.end(), 0.0), 1e-9);
  out << "\n======= Layers (mean of " << repeats << " runs) =======\n";
  char row[512];
  for (size_t k = 0; k < steps.size(); ++k) {
    std::snprintf(row, sizeof(row), "%10.1f us %5.1f %%  %-18s %-20s %s\n", us[k],
                  100 * us[k] / total, steps[k].op, steps[k].kernel, steps[k].name);
    out << row;
  }
}

struct Times {
  double init = 0, first = 0;
  std::vector<double> runs;
};

void print_times(std::ostream& out, Times times) {
  std::sort(times.runs.begin(), times.runs.end());
  const size_t count = times.runs.size();
  const double average =
      std::accumulate(times.runs.begin(), times.runs.end(), 0.0) / static_cast<double>(count);
  const size_t ninth = std::min(count - 1, (count * 9 + 9) / 10 - 1);
  const double median = (times.runs[(count - 1) / 2] + times.runs[count / 2]) / 2;
  const std::pair<const char*, double> rows[] = {
      {"init  ", times.init},        {"first ", times.first}, {"min   ", times.runs.front()},
      {"max   ", times.runs.back()}, {"avg   ", average},     {"median", median},
      {"p90   ", times.runs[ninth]}};
  out << "\n======= Perf Info =======\nTime(unit: ms):\n";
  char text[64];
  for (const auto& row : rows) {
    std::snprintf(text, sizeof(text), "%s = %8.3f\n", row.first, row.second);
    out << text;
  }
}

std::string run(const std::map<std::string, std::string>& flags) {
  const int threads = whole_number(flags, "threads", 1),
            power_mode = whole_number(flags, "power_mode", 0);
  const int warmup = whole_number(flags, "warmup", 0), repeats = whole_number(flags, "repeats", 1);
  const lite_precision precision = precision_of(flags.at("precision"));
  check_threads(threads);
  bind_cores(power_mode, threads);
  Times times;
  const Clock::time_point begin = Clock::now();
  const lite::Model model(flags.at("optimized_model_file"));
  const std::string& cache = flags.at("tune_cache");
  lite::Session session =
      model.session(threads, 0, precision, cache.empty() ? nullptr : cache.c_str());
  if (!session.note().empty()) std::fprintf(stderr, "%s\n", session.note().c_str());
  if (!flags.at("input_shape").empty()) session.resize(parse_shapes(flags.at("input_shape")));
  times.init = ms_since(begin);
  const std::vector<double> numbers = read_numbers(flags.at("input_data_path"));
  for (size_t i = 0; i < session.input_count(); ++i)
    fill_input(session.input(i), i == 0 ? numbers : std::vector<double>());
  times.first = timed_run(session);
  for (int i = 1; i < warmup; ++i) session.run();
  for (int i = 0; i < repeats; ++i) times.runs.push_back(timed_run(session));

  std::ostringstream out;
  out << "======= Model Info =======\noptimized_model_file: " << flags.at("optimized_model_file")
      << "\n";
  for (size_t i = 0; i < session.input_count(); ++i)
    out << "input " << session.input(i).name() << ": shape " << shape_text(session.input(i).shape())
        << "\n";
  for (size_t i = 0; i < session.output_count(); ++i)
    print_output(out, session.output(i), flags.at("show_output_elem") == "true");
  const lite_memory memory = session.memory();
  out << "\n======= Runtime Info =======\nversion: " << lite_version() << "\nisa: " << session.isa()
      << "\nthreads: " << threads << "\nprecision: " << flags.at("precision")
      << "\npower_mode: " << power_mode << "\nwarmup: " << warmup << "\nrepeats: " << repeats
      << "\narena: " << memory.arena_bytes << " bytes\nweights: " << memory.weights_bytes
      << " bytes\npeak memory: " << peak_memory() << "\n";
  print_times(out, times);
  if (flags.at("profile") == "true") print_profile(out, session, repeats);
  return out.str();
}

}  // namespace

int main(int count, char** texts) {
  try {
    const std::map<std::string, std::string> flags = parse_flags(count, texts);
    const std::string text = run(flags);
    std::fputs(text.c_str(), stdout);
    if (!flags.at("result_path").empty()) {
      std::ofstream file(flags.at("result_path"), std::ios::app);
      if (!(file << text))
        throw std::invalid_argument("cannot write --result_path " + flags.at("result_path"));
    }
    return 0;
  } catch (const std::invalid_argument& problem) {
    std::fprintf(stderr, "%s\n", problem.what());
    return 2;
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "%s\n", problem.what());
    return 1;
  }
}
