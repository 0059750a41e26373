// SPDX-License-Identifier: Apache-2.0
#include "base/isa.h"

#include <cstdlib>
#include <cstring>

namespace lite {
namespace {

struct IsaRow {
  Isa isa;
  const char* name;
  const char* architecture;
};

constexpr IsaRow kRows[] = {
#define LITE_ISA(name, architecture, flags) {Isa::name, #name, #architecture},
#include "base/isa.inc"
#undef LITE_ISA
};

bool built_for(const char* architecture) {
  if (std::strcmp(architecture, "any") == 0) return true;
#if defined(__x86_64__) || defined(__i386__)
  return std::strcmp(architecture, "x86") == 0;
#elif defined(__aarch64__)
  return std::strcmp(architecture, "arm64") == 0;
#elif defined(__arm__)
  return std::strcmp(architecture, "armv7") == 0;
#else
  return false;
#endif
}

bool processor_has(Isa isa) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_cpu_init();
  switch (isa) {
    case Isa::x86_avx2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case Isa::x86_avx512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
             __builtin_cpu_supports("fma");
    default:
      return true;
  }
#else
  (void)isa;
  return true;
#endif
}

std::string usable_names() {
  std::string names;
  for (Isa isa : usable_isas()) names += (names.empty() ? "" : ", ") + std::string(isa_name(isa));
  return names;
}

}  // namespace

const char* isa_name(Isa isa) { return kRows[static_cast<int>(isa)].name; }

bool isa_usable(Isa isa) {
  return built_for(kRows[static_cast<int>(isa)].architecture) && processor_has(isa);
}

std::vector<Isa> usable_isas() {
  std::vector<Isa> usable;
  for (const IsaRow& row : kRows)
    if (isa_usable(row.isa)) usable.push_back(row.isa);
  return usable;
}

Result<Isa> choose_isa() {
  const char* forced = std::getenv("LITE_FORCE_ISA");
  if (forced != nullptr && forced[0] != '\0') {
    for (const IsaRow& row : kRows)
      if (std::strcmp(row.name, forced) == 0 && isa_usable(row.isa)) return row.isa;
    return error(Code::k_invalid_argument,
                 "LITE_FORCE_ISA is '%s', which this machine cannot use; usable: %s", forced,
                 usable_names().c_str());
  }
  return usable_isas().back();
}

}  // namespace lite
