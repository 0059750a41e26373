// SPDX-License-Identifier: Apache-2.0
// Cores of different speeds, and which of them a team of threads runs on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"

namespace lite {

enum class PowerMode : int {
  no_bind,    // where the system puts threads
  high,       // the fastest cores
  low,        // the slowest ones
  full,       // all, the fastest first
  rand_high,  // fastest cores, taken by chance, so that several processes do not meet on one
  rand_low,
};
inline constexpr int kPowerModeCount = 6;

[[nodiscard]] Result<PowerMode> power_mode_named(const std::string& name);

struct Core {
  int index = 0;
  uint64_t max_khz = 0;   // 0: not told
  uint64_t capacity = 0;  // work per time beside that of other cores; 0: not told
};

// Cores by number; the system's form of it.
struct CoreSet {
  static constexpr int kMost = 1024;
  uint64_t words[kMost / 64] = {};

  CoreSet() = default;
  explicit CoreSet(const std::vector<int>& cores);
  [[nodiscard]] bool empty() const;
  [[nodiscard]] std::vector<int> indices() const;
};

// Where the threads of a team run. No cores: where the system puts them.
struct CoreChoice {
  std::vector<int> cores;
  // One per core if they differ: then thread i has core i for itself. Empty: all threads share all
  // cores.
  std::vector<uint64_t> speeds;

  [[nodiscard]] CoreSet cores_of(int thread) const;
};

inline constexpr char kCoresFolder[] = "/sys/devices/system/cpu";

// What the folder tells of some cores.
[[nodiscard]] std::vector<Core> read_cores(const std::vector<int>& indices,
                                           const std::string& folder = kCoresFolder);

// The cores of a mode for so many threads: those of one speed stay together, and there are at least
// as many as threads if there are so many. `seed` is the chance of the modes that take it.
[[nodiscard]] CoreChoice choose_cores(std::vector<Core> cores, PowerMode mode, int threads,
                                      uint64_t seed);

// The choice among the cores that this process may use, for threads of this process. Where cores
// cannot be chosen, they are not; `note` then says why.
[[nodiscard]] CoreChoice place_threads(PowerMode mode, int threads, std::string* note);

// The cores that the calling thread may run on; empty where the system does not tell.
[[nodiscard]] CoreSet usable_cores();
// 0, or the system's error.
int bind_thread(const CoreSet& cores);

// While it lives, the calling thread runs on some cores, if there are any; afterwards where it
// could before.
class OnCores {
 public:
  explicit OnCores(const CoreSet& cores);
  ~OnCores();
  OnCores(const OnCores&) = delete;
  OnCores& operator=(const OnCores&) = delete;

 private:
  bool bound_ = false;
  CoreSet before_;
};

}  // namespace lite
