// SPDX-License-Identifier: Apache-2.0
#include "base/cpu.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace lite {
namespace {

constexpr size_t kGreatestName = 200;

// The value of "field : value", or null.
const char* value_of(const char* line, const char* field) {
  if (std::strncmp(line, field, std::strlen(field)) != 0) return nullptr;
  const char* colon = std::strchr(line, ':');
  return colon == nullptr ? nullptr : colon + 1 + std::strspn(colon + 1, " \t");
}

std::string printable(const char* text) {
  std::string result;
  for (; *text != '\0' && *text != '\n' && result.size() < kGreatestName; ++text)
    result += *text >= ' ' && *text <= '~' ? *text : '_';
  return result;
}

// 0 where the system does not tell.
uint64_t told_cache_bytes() {
#ifdef _SC_LEVEL2_CACHE_SIZE
  const long bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);
  return bytes > 0 ? static_cast<uint64_t>(bytes) : 0;
#else
  return 0;
#endif
}

}  // namespace

Result<uint64_t> second_cache_bytes() {
  constexpr uint64_t kUsualBytes = 512 << 10;
  const char* given = std::getenv("LITE_CACHE_BYTES");
  if (given == nullptr || given[0] == '\0') {
    const uint64_t told = told_cache_bytes();
    return told != 0 ? told : kUsualBytes;
  }
  uint64_t bytes = 0;
  for (const char* digit = given; *digit != '\0'; ++digit) {
    if (*digit < '0' || *digit > '9' || digit - given > 11)
      return error(Code::k_invalid_argument,
                   "LITE_CACHE_BYTES is '%s', expected a number of at most 12 digits", given);
    bytes = bytes * 10 + static_cast<uint64_t>(*digit - '0');
  }
  return bytes;
}

std::string cpu_name() {
  std::string parts;  // of kinds of cores, where they have numbers only
  std::string name;
  std::FILE* file = std::fopen("/proc/cpuinfo", "r");
  if (file == nullptr) return "unknown";
  char line[512];
  while (name.empty() && std::fgets(line, sizeof(line), file) != nullptr) {
    if (const char* model = value_of(line, "model name")) name = printable(model);
    const char* part = value_of(line, "CPU part");
    if (part == nullptr || parts.size() > kGreatestName) continue;
    const std::string word = printable(part);
    if (parts.find(word) == std::string::npos) parts += (parts.empty() ? "" : " ") + word;
  }
  std::fclose(file);
  if (!name.empty()) return name;
  return parts.empty() ? "unknown" : "CPU part " + parts;
}

bool halves_wide_vectors() {
#if defined(__x86_64__)
  constexpr unsigned kZen3And4 = 0x19;
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(0, &a, &b, &c, &d) == 0 || b != signature_AMD_ebx || c != signature_AMD_ecx)
    return false;
  __get_cpuid(1, &a, &b, &c, &d);
  return (a >> 8 & 0xf) + (a >> 20 & 0xff) == kZen3And4;
#else
  return false;
#endif
}

}  // namespace lite
