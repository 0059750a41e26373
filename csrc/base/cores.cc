// SPDX-License-Identifier: Apache-2.0
#include "base/cores.h"

#ifdef __linux__
#include <sched.h>
#endif

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iterator>

#include "base/clock.h"

namespace lite {
namespace {

constexpr const char* kPowerModes[] = {"no_bind", "high", "low", "full", "rand_high", "rand_low"};
static_assert(std::size(kPowerModes) == kPowerModeCount, "one name per mode");
constexpr uint64_t kGreatestSpeed = 1000000000;  // in kHz: whatever is more is no speed
constexpr uint64_t kFullSpeed = 1024;            // of the fastest core of a choice

// The number that a file holds; 0 if it holds none.
uint64_t number_in(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "r");
  if (file == nullptr) return 0;
  unsigned long long number = 0;
  const int read = std::fscanf(file, "%llu", &number);
  std::fclose(file);
  return read == 1 && number <= kGreatestSpeed ? number : 0;
}

bool same_speed(const Core& a, const Core& b) {
  return a.max_khz == b.max_khz && a.capacity == b.capacity;
}

bool slower(const Core& a, const Core& b) {
  return a.max_khz != b.max_khz ? a.max_khz < b.max_khz : a.capacity < b.capacity;
}

// Not 0 where anything is told.
uint64_t speed_of(const Core& core) { return core.capacity != 0 ? core.capacity : core.max_khz; }

// What is not told of every core is no measure.
void forget_what_is_partial(std::vector<Core>* cores) {
  for (uint64_t Core::* field : {&Core::max_khz, &Core::capacity}) {
    const bool told = std::all_of(cores->begin(), cores->end(),
                                  [field](const Core& core) { return core.*field != 0; });
    if (told) continue;
    for (Core& core : *cores) core.*field = 0;
  }
}

// How many cores from the front are to be used by so many threads: whole groups of one speed.
size_t groups_for(const std::vector<Core>& cores, size_t threads) {
  size_t count = std::min(threads, cores.size());
  while (count < cores.size() && count > 0 && same_speed(cores[count], cores[count - 1])) ++count;
  return count;
}

// Some of the first `group` cores, by chance, to the front.
void shuffle(std::vector<Core>* cores, size_t group, uint64_t seed) {
  for (size_t i = 0; i + 1 < group; ++i) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    std::swap((*cores)[i], (*cores)[i + (seed >> 33) % (group - i)]);
  }
}

// Why threads cannot be put on these cores; null if they can.
const char* refusal(const CoreChoice& choice) {
  if (choice.cores.empty()) return "the system does not say which cores there are";
  const CoreSet before = usable_cores();
  const int problem = bind_thread(CoreSet(choice.cores));
  if (problem != 0) return std::strerror(problem);
  bind_thread(before);
  return nullptr;
}

}  // namespace

Result<PowerMode> power_mode_named(const std::string& name) {
  std::string names;
  for (int mode = 0; mode < kPowerModeCount; ++mode) {
    if (name == kPowerModes[mode]) return static_cast<PowerMode>(mode);
    names += (mode == 0 ? "" : ", ") + std::string(kPowerModes[mode]);
  }
  return error(Code::k_invalid_argument, "power mode is '%s', expected one of %s", name.c_str(),
               names.c_str());
}

std::vector<Core> read_cores(const std::vector<int>& indices, const std::string& folder) {
  std::vector<Core> cores;
  for (int index : indices) {
    const std::string place = folder + "/cpu" + std::to_string(index);
    cores.push_back({index, number_in(place + "/cpufreq/cpuinfo_max_freq"),
                     number_in(place + "/cpu_capacity")});
  }
  forget_what_is_partial(&cores);
  return cores;
}

CoreChoice choose_cores(std::vector<Core> cores, PowerMode mode, int threads, uint64_t seed) {
  CoreChoice choice;
  if (mode == PowerMode::no_bind || cores.empty() || threads < 1) return choice;
  const bool slowest = mode == PowerMode::low || mode == PowerMode::rand_low;
  std::sort(cores.begin(), cores.end(), [slowest](const Core& a, const Core& b) {
    if (same_speed(a, b)) return a.index < b.index;
    return slower(a, b) == slowest;
  });
  size_t count =
      mode == PowerMode::full ? cores.size() : groups_for(cores, static_cast<size_t>(threads));
  if (mode == PowerMode::rand_high || mode == PowerMode::rand_low) {
    shuffle(&cores, groups_for(cores, 1), seed);
    count = std::min(cores.size(), static_cast<size_t>(threads));
  }
  cores.resize(count);
  for (const Core& core : cores) choice.cores.push_back(core.index);
  const bool alike = std::all_of(cores.begin(), cores.end(),
                                 [&](const Core& core) { return same_speed(core, cores[0]); });
  if (alike || static_cast<size_t>(threads) > count) return choice;
  uint64_t fastest = 0;
  for (const Core& core : cores) fastest = std::max(fastest, speed_of(core));
  for (const Core& core : cores)
    choice.speeds.push_back(std::max<uint64_t>(1, speed_of(core) * kFullSpeed / fastest));
  return choice;
}

CoreChoice place_threads(PowerMode mode, int threads, std::string* note) {
  if (mode == PowerMode::no_bind) return CoreChoice();
  const std::vector<Core> cores = read_cores(usable_cores().indices());
  const CoreChoice choice = choose_cores(cores, mode, threads, monotonic_ns());
  if (const char* why = refusal(choice)) {
    *note = std::string("the power mode has no effect: ") + why;
    return CoreChoice();
  }
  if (mode != PowerMode::full && speed_of(cores[0]) == 0)
    *note = "the system does not say how fast its cores are: all count as alike";
  return choice;
}

CoreSet CoreChoice::cores_of(int thread) const {
  const size_t place = static_cast<size_t>(thread);
  return speeds.empty() || place >= cores.size() ? CoreSet(cores)
                                                 : CoreSet(std::vector<int>{cores[place]});
}

CoreSet::CoreSet(const std::vector<int>& cores) {
  for (int core : cores)
    if (core >= 0 && core < kMost) words[core / 64] |= uint64_t{1} << (core % 64);
}

bool CoreSet::empty() const {
  return std::all_of(std::begin(words), std::end(words), [](uint64_t word) { return word == 0; });
}

std::vector<int> CoreSet::indices() const {
  std::vector<int> cores;
  for (int core = 0; core < kMost; ++core)
    if ((words[core / 64] >> (core % 64) & 1) != 0) cores.push_back(core);
  return cores;
}

#ifdef __linux__
// The system takes sets of any size, and has words of its own: the same bits where the first byte
// is the lowest.
CoreSet usable_cores() {
  CoreSet set;
  if (sched_getaffinity(0, sizeof(set.words), reinterpret_cast<cpu_set_t*>(set.words)) != 0)
    return CoreSet();
  return set;
}

int bind_thread(const CoreSet& cores) {
  const auto* set = reinterpret_cast<const cpu_set_t*>(cores.words);
  return sched_setaffinity(0, sizeof(cores.words), set) == 0 ? 0 : errno;
}
#else
CoreSet usable_cores() { return CoreSet(); }
int bind_thread(const CoreSet&) { return ENOSYS; }
#endif

OnCores::OnCores(const CoreSet& cores) {
  if (cores.empty()) return;
  before_ = usable_cores();
  bound_ = bind_thread(cores) == 0;
}

OnCores::~OnCores() {
  if (bound_ && !before_.empty()) bind_thread(before_);
}

}  // namespace lite
