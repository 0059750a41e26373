// SPDX-License-Identifier: Apache-2.0
#include "kernel_options.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace lite::bench {
namespace {

constexpr const char* kUsage =
    "kernels [--net NAME,...] [--f32] [--int8] [--fast] [--hot] [--threads N] [--repeats N] "
    "[--json]\n"
    "Times layers one by one: median, least, and share of the peak measured in turns with them.\n"
    "\n"
    "  --net NAME,...  one or more of those below, or all (default: mobilenet_v2)\n"
    "  --f32, --int8   of floats (default), of bytes; or both\n"
    "  --fast          floats in sessions of that precision\n"
    "  --hot           one copy of the weights, which stays in the caches\n"
    "  --threads N     default: 1\n"
    "  --repeats N     measurements of each layer (default: 60)\n"
    "  --json          one document: machine, instruction set, peaks, nets with their rows\n"
    "\n"
    "LITE_FORCE_ISA chooses the instruction set. Extents behind @ are those of outputs.\n"
    "\n";
constexpr long kMostThreads = 1024, kMostRepeats = 1000000;

std::string net_names() {
  std::string names = "all";
  for (const Net& net : all_nets()) names += std::string(", ") + net.name;
  return names;
}

std::string read_nets(const std::string& text, std::vector<const Net*>& nets) {
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const std::string name = text.substr(begin, end - begin);
    const size_t before = nets.size();
    for (const Net& net : all_nets())
      if (name == net.name || name == "all") nets.push_back(&net);
    if (nets.size() == before)
      return "--net: there is no net '" + name + "'; there are: " + net_names();
    begin = end + 1;
  }
  return "";
}

std::string read_number(const std::string& word, const std::string& text, long most, int& number) {
  char* end = nullptr;
  const long value = std::strtol(text.c_str(), &end, 10);
  if (text.empty() || *end != '\0' || value < 1 || value > most)
    return word + ": expected a number from 1 to " + std::to_string(most) + ", got '" + text + "'";
  number = static_cast<int>(value);
  return "";
}

bool* flag_of(const std::string& word, Options& options) {
  if (word == "--f32") return &options.floats;
  if (word == "--int8") return &options.integers;
  if (word == "--fast") return &options.fast;
  if (word == "--hot") return &options.hot;
  if (word == "--json") return &options.json;
  if (word == "--help" || word == "-h") return &options.help;
  return nullptr;
}

std::string read_value(const std::string& word, const std::string& value, Options& options) {
  if (word == "--net") return read_nets(value, options.nets);
  if (word == "--threads") return read_number(word, value, kMostThreads, options.threads);
  return read_number(word, value, kMostRepeats, options.repeats);
}

}  // namespace

std::string help_text() {
  std::string text = kUsage;
  for (const Net& net : all_nets())
    text += "  " + std::string(net.name) + std::string(20 - std::strlen(net.name), ' ') +
            net.about + "\n";
  return text;
}

std::string read_options(int count, char** words, Options& options) {
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    if (bool* flag = flag_of(word, options)) {
      *flag = true;
      continue;
    }
    if (word != "--net" && word != "--threads" && word != "--repeats")
      return "'" + word + "' is no option";
    if (i + 1 == count) return word + " wants a value";
    const std::string problem = read_value(word, words[++i], options);
    if (!problem.empty()) return problem;
  }
  if (options.nets.empty()) return read_nets("mobilenet_v2", options.nets);
  if (!options.integers) options.floats = true;
  return "";
}

}  // namespace lite::bench
