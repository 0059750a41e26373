// SPDX-License-Identifier: Apache-2.0
#include "base/cpu.h"

#include <cstdio>
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

}  // namespace

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
