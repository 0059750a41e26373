// SPDX-License-Identifier: Apache-2.0
#include "plan/tune_table.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <utility>

#include "base/cpu.h"

namespace lite {
namespace {

constexpr char kHead[] = "lite tuned kernels 1";
constexpr size_t kGreatestFile = 16 << 20, kGreatestLine = 1 << 14, kGreatestTimings = 64;
constexpr size_t kGreatestName = 64;
constexpr int kGreatestThreads = 256;
constexpr int64_t kGreatestNs = int64_t{1} << 50;
// What another kernel must save to be taken: less may be noise.
constexpr double kWorthwhile = 0.97;

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> words;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(separator, begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

// Decimal digits alone, up to a limit; -1 if it is anything else.
int64_t whole(const std::string& word, int64_t limit) {
  if (word.empty() || word.size() > 18) return -1;
  int64_t number = 0;
  for (char digit : word) {
    if (digit < '0' || digit > '9') return -1;
    number = number * 10 + (digit - '0');
  }
  return number <= limit ? number : -1;
}

// Microseconds with three decimals, in any locale.
std::string us_text(int64_t ns) {
  const std::string rest = std::to_string(ns % 1000);
  return std::to_string(ns / 1000) + "." + std::string(3 - rest.size(), '0') + rest;
}

int64_t ns_of(const std::string& text) {
  const size_t point = text.find('.');
  if (point == std::string::npos || text.size() - point != 4) return -1;
  const int64_t us = whole(text.substr(0, point), kGreatestNs / 1000);
  const int64_t rest = whole(text.substr(point + 1), 999);
  return us < 0 || rest < 0 ? -1 : us * 1000 + rest;
}

bool is_name(const std::string& word) {
  if (word.size() > kGreatestName) return false;
  return std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '/';
  });
}

bool is_printable(char c) { return c >= ' ' && c <= '~'; }

std::string printable(std::string text) {
  for (char& c : text) c = is_printable(c) ? c : '_';
  return text;
}

bool is_layer(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_printable);
}

std::string arithmetic_of(const std::string& kernel) {
  return kernel.substr(0, std::min(kernel.find('/'), kernel.size()));
}

// The fastest of an arithmetic; null if there is none. The first one stays unless it is worth it.
const Timing* fastest(const std::vector<Timing>& timings, const std::string* arithmetic) {
  const Timing* best = nullptr;
  for (const Timing& timing : timings) {
    if (arithmetic != nullptr && arithmetic_of(timing.kernel) != *arithmetic) continue;
    const double bound = best == nullptr ? 0
                                         : static_cast<double>(best->time_ns) *
                                               (best == &timings[0] ? kWorthwhile : 1);
    if (best == nullptr || static_cast<double>(timing.time_ns) < bound) best = &timing;
  }
  return best;
}

std::vector<std::string> head_lines(Isa isa) {
  return {kHead, "engine " LITE_VERSION, "cpu " + cpu_name(), std::string("isa ") + isa_name(isa)};
}

std::string tensor_text(const Tensor& tensor) {
  if (tensor.shape.rank == 0 && tensor.data == nullptr && !tensor.constant) return "-";
  std::string text = dtype_name(tensor.dtype);
  for (int axis = 0; axis < tensor.shape.rank; ++axis)
    text += (axis == 0 ? ":" : "x") + std::to_string(tensor.shape[axis]);
  if (tensor.pitch != 0) text += ":p" + std::to_string(tensor.pitch);
  return text + (tensor.constant ? ":c" : "");
}

bool ends_with(const std::string& text, const char* end) {
  const size_t length = std::strlen(end);
  return text.size() >= length && text.compare(text.size() - length, length, end) == 0;
}

// Empty for an attribute that no kernel is chosen by.
std::string attribute_text(const nb::Attribute& attribute, const Attributes& attributes) {
  const std::string name = attribute.name()->str();
  if (name == "activation" || ends_with(name, "_zero") || name == "lo" || name == "hi") return "";
  switch (attribute.kind()) {
    case nb::AttributeKind_integer:
      return name + "=" + std::to_string(attributes.integer(name.c_str(), 0));
    case nb::AttributeKind_boolean:
      return name + "=" + (attributes.boolean(name.c_str(), false) ? "1" : "0");
    case nb::AttributeKind_text:
      return name + "=" + attributes.text(name.c_str(), "");
    case nb::AttributeKind_integers: {
      std::string text = name + "=";
      for (int64_t number : attributes.integers(name.c_str())) text += std::to_string(number) + ",";
      return text;
    }
    default:
      return "";
  }
}

}  // namespace

bool strip_alone(std::string& kernel) {
  if (!ends_with(kernel, kAlone)) return false;
  kernel.resize(kernel.size() - std::strlen(kAlone));
  return true;
}

TuneTable::TuneTable(Isa isa) : isa_(isa) {}

Result<std::shared_ptr<const TuneTable>> TuneTable::parse(const std::string& text, Isa isa) {
  const std::vector<std::string> expected = head_lines(isa);
  const std::vector<std::string> lines = split(text, '\n');
  for (size_t i = 0; i < expected.size(); ++i)
    if (i >= lines.size() || lines[i] != expected[i])
      return error(Code::k_corrupt_file, "line %zu is '%.200s', expected '%s'", i + 1,
                   i < lines.size() ? printable(lines[i]).c_str() : "", expected[i].c_str());
  auto table = std::make_shared<TuneTable>(isa);
  for (size_t i = expected.size(); i < lines.size(); ++i)
    if (!lines[i].empty())
      LITE_RETURN_IF_ERROR(table->add_line(lines[i]).at("line " + std::to_string(i + 1)));
  return std::shared_ptr<const TuneTable>(table);
}

Result<std::shared_ptr<const TuneTable>> TuneTable::read(const std::string& path, Isa isa) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return error(Code::k_io_error, "%s: cannot be read", path.c_str());
  std::string text;
  char part[1 << 14];
  for (size_t count; (count = std::fread(part, 1, sizeof(part), file)) > 0;) {
    text.append(part, count);
    if (text.size() > kGreatestFile) break;
  }
  std::fclose(file);
  if (text.size() > kGreatestFile)
    return error(Code::k_corrupt_file, "%s: has more than %zu bytes", path.c_str(), kGreatestFile);
  Result<std::shared_ptr<const TuneTable>> table = parse(text, isa);
  if (!table.ok()) return std::move(table).status().at(path);
  return table;
}

// LAYER <tab> THREADS <tab> KERNEL <tab> KERNEL US <tab> KERNEL US ...
Status TuneTable::add_line(const std::string& line) {
  const Status bad = error(Code::k_corrupt_file,
                           "expected a layer, threads, a kernel, and kernels with microseconds");
  if (line.size() > kGreatestLine) return bad;
  const std::vector<std::string> words = split(line, '\t');
  if (words.size() < 4 || words.size() > 3 + kGreatestTimings || !is_layer(words[0])) return bad;
  const int64_t threads = whole(words[1], kGreatestThreads);
  if (threads < 1) return bad;
  Row row;
  row.kernel = words[2];
  bool timed = false;
  for (size_t i = 3; i < words.size(); ++i) {
    const size_t space = std::min(words[i].find(' '), words[i].size());
    Timing timing = {words[i].substr(0, space),
                     ns_of(words[i].substr(std::min(space + 1, words[i].size())))};
    if (!is_name(timing.kernel) || timing.time_ns < 0) return bad;
    timed |= timing.kernel == row.kernel;
    row.timings.push_back(std::move(timing));
  }
  if (!timed) return bad;
  layers_[words[0]][static_cast<int>(threads)] = std::move(row);
  return Status();
}

std::string TuneTable::text() const {
  std::string text;
  for (const std::string& line : head_lines(isa_)) text += line + "\n";
  for (const auto& [layer, rows] : layers_)
    for (const auto& [threads, row] : rows) {
      text += layer + "\t" + std::to_string(threads) + "\t" + row.kernel;
      for (const Timing& timing : row.timings)
        text += "\t" + timing.kernel + " " + us_text(timing.time_ns);
      text += "\n";
    }
  return text;
}

void TuneTable::add(const std::string& layer, int threads, std::vector<Timing> timings) {
  if (timings.empty()) return;
  Rows& rows = layers_[layer];
  rows[threads] = {"", std::move(timings)};
  choose(rows);
}

void TuneTable::add(const TuneTable& other) {
  for (const auto& [layer, rows] : other.layers_) {
    for (const auto& [threads, row] : rows) layers_[layer][threads] = row;
    choose(layers_[layer]);
  }
}

// The arithmetic that loses least over all numbers of threads, and of it the fastest for each.
void TuneTable::choose(Rows& rows) {
  std::string best;
  double least = HUGE_VAL;
  const std::vector<Timing>& first = rows.begin()->second.timings;
  for (const Timing& candidate : first) {
    const std::string arithmetic = arithmetic_of(candidate.kernel);
    double lost = 0;
    for (const auto& [threads, row] : rows) {
      const Timing* own = fastest(row.timings, &arithmetic);
      const Timing* any = fastest(row.timings, nullptr);
      lost += own == nullptr ? HUGE_VAL
                             : std::max(0.0, std::log(static_cast<double>(own->time_ns + 1) /
                                                      static_cast<double>(any->time_ns + 1)));
    }
    if (lost >= least) continue;
    least = lost;
    best = arithmetic;
  }
  for (auto& [threads, row] : rows) {
    const Timing* chosen = fastest(row.timings, least < HUGE_VAL ? &best : nullptr);
    row.kernel = chosen->kernel;
  }
}

std::string TuneTable::kernel(const std::string& layer, int threads) const {
  const auto rows = layers_.find(layer);
  if (rows == layers_.end()) return "";
  const auto row = rows->second.find(threads);
  if (row != rows->second.end()) return row->second.kernel;
  return arithmetic_of(rows->second.begin()->second.kernel);
}

size_t TuneTable::size() const {
  size_t count = 0;
  for (const auto& [layer, rows] : layers_) count += rows.size();
  return count;
}

std::string layer_text(const nb::Node& node, const PrepareContext& context) {
  std::string text = node.op()->str();
  for (const Tensor& input : context.inputs) text += " " + tensor_text(input);
  text += " ->";
  for (const Tensor& output : context.outputs) text += " " + tensor_text(output);
  for (const nb::Attribute* attribute : *node.attributes()) {
    const std::string word = attribute_text(*attribute, *context.attributes);
    if (!word.empty()) text += " " + word;
  }
  if (context.precision == Precision::fast) text += " fast";
  return printable(std::move(text));
}

}  // namespace lite
