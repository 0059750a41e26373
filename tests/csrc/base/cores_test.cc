// SPDX-License-Identifier: Apache-2.0
#include "base/cores.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/threads.h"
#include "check.h"

namespace {

using lite::Core;
using lite::CoreChoice;
using lite::PowerMode;
using Indices = std::vector<int>;

// What /sys/devices/system/cpu looks like; goes with the object.
class FakeCores {
 public:
  FakeCores() {
    char name[] = "/tmp/cores_test.XXXXXX";
    CHECK(mkdtemp(name) != nullptr);
    folder_ = name;
  }
  ~FakeCores() {
    for (auto path = made_.rbegin(); path != made_.rend(); ++path) std::remove(path->c_str());
    rmdir(folder_.c_str());
  }
  FakeCores(const FakeCores&) = delete;
  FakeCores& operator=(const FakeCores&) = delete;

  // Empty: there is no such file.
  void add(int index, const std::string& max_khz, const std::string& capacity) {
    const std::string core = folder_ + "/cpu" + std::to_string(index);
    make_folder(core);
    make_folder(core + "/cpufreq");
    if (!max_khz.empty()) write(core + "/cpufreq/cpuinfo_max_freq", max_khz);
    if (!capacity.empty()) write(core + "/cpu_capacity", capacity);
  }

  const std::string& folder() const { return folder_; }

 private:
  void make_folder(const std::string& path) {
    CHECK(mkdir(path.c_str(), 0755) == 0);
    made_.push_back(path);
  }
  void write(const std::string& path, const std::string& text) {
    std::FILE* file = std::fopen(path.c_str(), "w");
    CHECK(file != nullptr && std::fputs(text.c_str(), file) >= 0 && std::fclose(file) == 0);
    made_.push_back(path);
  }

  std::string folder_;
  std::vector<std::string> made_;
};

Indices first(int count) {
  Indices cores(static_cast<size_t>(count));
  std::iota(cores.begin(), cores.end(), 0);
  return cores;
}

Indices sorted(Indices cores) {
  std::sort(cores.begin(), cores.end());
  return cores;
}

// Four small cores, three middle ones, a large one, as in many phones.
std::vector<Core> phone() {
  FakeCores cores;
  for (int i = 0; i < 8; ++i)
    cores.add(i,
              i < 4   ? "1800000\n"
              : i < 7 ? "2400000\n"
                      : "2800000\n",
              i < 4   ? "300\n"
              : i < 7 ? "800\n"
                      : "1024\n");
  return lite::read_cores(first(8), cores.folder());
}

CoreChoice choice(PowerMode mode, int threads, uint64_t seed = 0) {
  return lite::choose_cores(phone(), mode, threads, seed);
}

void modes_take_whole_groups_of_one_speed() {
  CHECK(choice(PowerMode::no_bind, 2).cores.empty());
  CHECK((choice(PowerMode::high, 1).cores == Indices{7}));
  CHECK((choice(PowerMode::high, 2).cores == Indices{7, 4, 5, 6}));
  CHECK((choice(PowerMode::high, 5).cores == Indices{7, 4, 5, 6, 0, 1, 2, 3}));
  CHECK((choice(PowerMode::low, 2).cores == Indices{0, 1, 2, 3}));
  CHECK((choice(PowerMode::low, 5).cores == Indices{0, 1, 2, 3, 4, 5, 6}));
  CHECK((choice(PowerMode::full, 2).cores == Indices{7, 4, 5, 6, 0, 1, 2, 3}));
}

void threads_have_cores_of_their_own_where_these_differ() {
  CHECK(choice(PowerMode::low, 4).speeds.empty());
  const CoreChoice full = choice(PowerMode::full, 8);
  CHECK((full.speeds == std::vector<uint64_t>{1024, 800, 800, 800, 300, 300, 300, 300}));
  CHECK((full.cores_of(0).indices() == Indices{7}) && (full.cores_of(4).indices() == Indices{0}));
  const CoreChoice crowded = choice(PowerMode::high, 20);
  CHECK(crowded.speeds.empty() && crowded.cores_of(3).indices().size() == 8);
}

void chance_stays_within_the_fastest_or_slowest() {
  CHECK((choice(PowerMode::rand_high, 1, 5).cores == Indices{7}));
  Indices seen;
  for (uint64_t seed = 0; seed < 64; ++seed) {
    const Indices two = choice(PowerMode::rand_low, 2, seed).cores;
    CHECK(two.size() == 2 && two[0] != two[1]);
    for (int core : two) CHECK(core < 4);
    seen.insert(seen.end(), two.begin(), two.end());
  }
  std::sort(seen.begin(), seen.end());
  seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
  CHECK(seen == first(4));
}

void capacity_serves_where_frequencies_are_not_told() {
  FakeCores cores;
  cores.add(0, "1800000", "1024");
  cores.add(1, "", "400");
  cores.add(2, "2000000", "400");
  const std::vector<Core> told = lite::read_cores(first(3), cores.folder());
  CHECK((lite::choose_cores(told, PowerMode::high, 1, 0).cores == Indices{0}));
  CHECK((lite::choose_cores(told, PowerMode::low, 1, 0).cores == Indices{1, 2}));
}

void what_is_not_told_counts_as_alike() {
  FakeCores cores;
  cores.add(0, "fast\n", "");
  cores.add(1, "99999999999999999999999", "-3");
  const std::vector<Core> told = lite::read_cores(first(3), cores.folder());
  CHECK(told.size() == 3);
  for (PowerMode mode : {PowerMode::high, PowerMode::low, PowerMode::full}) {
    const CoreChoice all = lite::choose_cores(told, mode, 1, 0);
    CHECK(sorted(all.cores) == first(3) && all.speeds.empty());
  }
  CHECK(lite::choose_cores({}, PowerMode::high, 4, 0).cores.empty());
}

void names_are_those_of_the_modes() {
  CHECK(lite::power_mode_named("rand_low").value() == PowerMode::rand_low);
  CHECK(!lite::power_mode_named("HIGH").ok());
}

void sets_hold_what_they_are_made_of() {
  CHECK((lite::CoreSet({0, 63, 64, 1023}).indices() == Indices{0, 63, 64, 1023}));
  CHECK(lite::CoreSet({-1, 1024}).empty());
}

void threads_are_bound_while_they_work() {
  const Indices before = lite::usable_cores().indices();
  if (before.empty()) return;  // a system that does not tell
  {
    const lite::OnCores bound(lite::CoreSet({before.back()}));
    CHECK((lite::usable_cores().indices() == Indices{before.back()}));
  }
  CHECK(lite::usable_cores().indices() == before);
  CoreChoice last;
  last.cores = {before.back()};
  lite::ThreadTeam team(3, last);
  std::vector<Indices> seen(3);
  for (int i = 0; i < 20; ++i)
    team.parallel_for_with_thread(30, [&](int64_t, int thread) {
      if (thread != 0) seen[static_cast<size_t>(thread)] = lite::usable_cores().indices();
    });
  for (const Indices& cores : seen) CHECK(cores.empty() || cores == last.cores);
  CHECK(team.caller_cores().indices() == last.cores);
}

// The first tiles of two threads that wait for each other: each begins with its own.
void faster_cores_begin_with_more_tiles() {
  CoreChoice uneven;
  uneven.speeds = {3, 1};
  lite::ThreadTeam team(2, uneven);
  for (int job = 0; job < 4; ++job) {
    std::atomic<int64_t> begun[2] = {{-1}, {-1}};
    team.parallel_for_with_thread(8, [&](int64_t tile, int thread) {
      int64_t none = -1;
      if (!begun[thread].compare_exchange_strong(none, tile)) return;
      while (begun[1 - thread].load() == -1) std::this_thread::yield();
    });
    const std::pair<int64_t, int64_t> pair(begun[0].load(), begun[1].load());
    CHECK((pair == std::pair<int64_t, int64_t>(0, 6) || pair == std::pair<int64_t, int64_t>(5, 7)));
  }
}

void a_core_that_is_not_there_is_no_choice() {
  CHECK(lite::bind_thread(lite::CoreSet({1023})) != 0);
  std::string note;
  const CoreChoice here = lite::place_threads(PowerMode::full, 1, &note);
  CHECK(here.cores.empty() == (note.find("has no effect") != std::string::npos));
}

}  // namespace

int main() {
  modes_take_whole_groups_of_one_speed();
  threads_have_cores_of_their_own_where_these_differ();
  chance_stays_within_the_fastest_or_slowest();
  capacity_serves_where_frequencies_are_not_told();
  what_is_not_told_counts_as_alike();
  names_are_those_of_the_modes();
  sets_hold_what_they_are_made_of();
  threads_are_bound_while_they_work();
  faster_cores_begin_with_more_tiles();
  a_core_that_is_not_there_is_no_choice();
  return check_result();
}
