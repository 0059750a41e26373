// SPDX-License-Identifier: Apache-2.0
#include "benchmark/options.h"

#include <cstdlib>
#include <iterator>
#include <stdexcept>

#include "base/cores.h"

namespace benchmark {
namespace {

struct Flag {
  const char* name;
  const char* fallback;
  const char* help;
};

constexpr Flag kFlags[] = {
    {"optimized_model_file", "", "the .nb to time"},
    {"input_shape", "", "1,3,224,224[:1,5]: one shape per input, if the model's are not fixed"},
    {"input_data_path", "", "text: numbers for the first input (default: all 1)"},
    {"warmup", "0", "runs before those that count"},
    {"repeats", "1", "runs that count"},
    {"threads", "1", "that work on one run"},
    {"power_mode", "0",
     "cores: 0 fastest, 1 slowest, 2 all, 3 the system's choice, 4 some of the "
     "fastest by chance, 5 of the slowest"},
    {"precision", "exact", "or fast: rounded products, where the processor has them"},
    {"tune_cache", "", "kernels that `lite tune` measured here (default: $LITE_TUNE_CACHE)"},
    {"profile", "false", "time every layer"},
    {"show_output_elem", "false", "print the outputs' elements"},
    {"result_path", "", "append everything printed to a file"},
    {"json_path", "", "write what was measured to a file, as JSON"},
};
constexpr size_t kCount = std::size(kFlags);

// Paddle Lite's numbers.
constexpr lite_power_mode kPowerModes[] = {LITE_POWER_HIGH,      LITE_POWER_LOW,
                                           LITE_POWER_FULL,      LITE_POWER_NO_BIND,
                                           LITE_POWER_RAND_HIGH, LITE_POWER_RAND_LOW};

std::string usage() {
  std::string text = "benchmark_bin --optimized_model_file=MODEL.nb [flags]\n";
  for (const Flag& flag : kFlags) {
    std::string head = std::string("  --") + flag.name + "=" + flag.fallback;
    if (head.size() < 30) head.resize(30, ' ');
    text += head + "  " + flag.help + "\n";
  }
  return text;
}

size_t place_of(const std::string& name) {
  for (size_t i = 0; i < kCount; ++i)
    if (name == kFlags[i].name) return i;
  throw std::invalid_argument("unknown flag --" + name + "\n" + usage());
}

class Values {
 public:
  Values(int count, char** texts) {
    for (const Flag& flag : kFlags) values_.emplace_back(flag.fallback);
    for (int i = 1; i < count; ++i) {
      std::string text = texts[i];
      text.erase(0, text.find_first_not_of('-'));
      const size_t equals = text.find('=');
      std::string& value = values_[place_of(text.substr(0, equals))];
      const bool next_is_value =
          equals == std::string::npos && i + 1 < count && texts[i + 1][0] != '-';
      value = equals != std::string::npos ? text.substr(equals + 1)
              : next_is_value             ? texts[++i]
                                          : "true";
    }
  }

  [[nodiscard]] const std::string& text(const char* name) const { return values_[place_of(name)]; }

  [[nodiscard]] bool truth(const char* name) const {
    return text(name) == "true" || text(name) == "1";
  }

  [[nodiscard]] int whole_number(const char* name, int least, int most) const {
    const std::string& digits = text(name);
    char* end = nullptr;
    const long number = std::strtol(digits.c_str(), &end, 10);
    if (digits.empty() || *end != '\0' || number < least || number > most) {
      std::string expected = ", expected a number >= " + std::to_string(least);
      if (most != kAny) expected += " and <= " + std::to_string(most);
      throw std::invalid_argument(std::string("--") + name + " is '" + digits + "'" + expected);
    }
    return static_cast<int>(number);
  }

  static constexpr int kAny = INT32_MAX;

 private:
  std::vector<std::string> values_;
};

lite_precision precision_of(const std::string& name) {
  if (name == "exact") return LITE_EXACT;
  if (name == "fast") return LITE_FAST;
  throw std::invalid_argument("--precision is '" + name + "', expected exact or fast");
}

std::vector<std::vector<int64_t>> shapes_of(const std::string& text) {
  std::vector<std::vector<int64_t>> shapes;
  if (text.empty()) return shapes;
  shapes.emplace_back();
  for (const char* place = text.c_str();; ++place) {
    char* end = nullptr;
    shapes.back().push_back(std::strtoll(place, &end, 10));
    if (end == place || (*end != ',' && *end != ':' && *end != '\0'))
      throw std::invalid_argument("--input_shape is '" + text +
                                  "', expected numbers like 1,3,224,224:1,5");
    if (*end == '\0') return shapes;
    if (*end == ':') shapes.emplace_back();
    place = end;
  }
}

// More threads than processors would only wait for each other.
void check_threads(int threads) {
  const size_t usable = lite::usable_cores().indices().size();
  if (usable == 0 || static_cast<size_t>(threads) <= usable) return;
  const std::string most = std::to_string(usable);
  throw std::invalid_argument("--threads is " + std::to_string(threads) + ", expected 1 to " +
                              most + ": this process may use " + most + " processors");
}

}  // namespace

lite_power_mode Options::lite_mode() const { return kPowerModes[power_mode]; }

Options parse_options(int count, char** texts) {
  const Values values(count, texts);
  Options options;
  options.model = values.text("optimized_model_file");
  if (options.model.empty()) throw std::invalid_argument(usage());
  options.shapes = shapes_of(values.text("input_shape"));
  options.data_path = values.text("input_data_path");
  options.tune_cache = values.text("tune_cache");
  options.result_path = values.text("result_path");
  options.json_path = values.text("json_path");
  options.warmup = values.whole_number("warmup", 0, Values::kAny);
  options.repeats = values.whole_number("repeats", 1, Values::kAny);
  options.threads = values.whole_number("threads", 1, Values::kAny);
  options.power_mode =
      values.whole_number("power_mode", 0, static_cast<int>(std::size(kPowerModes)) - 1);
  options.precision = precision_of(values.text("precision"));
  options.profile = values.truth("profile");
  options.elements = values.truth("show_output_elem");
  check_threads(options.threads);
  return options;
}

}  // namespace benchmark
