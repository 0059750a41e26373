// SPDX-License-Identifier: Apache-2.0
#include "base/isa.h"

#include <sys/auxv.h>
#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include <cstdlib>
#include <cstring>
#include <iterator>

#include "built_isas.h"

namespace lite {
namespace {

struct IsaRow {
  Isa isa;
  const char* name;
};

constexpr IsaRow kRows[] = {
#define LITE_ISA(name, architecture, base, flags) {Isa::name, #name},
#include "base/isa.inc"
#undef LITE_ISA
};
static_assert(std::size(kRows) == std::size(kBuiltIsas), "one truth value per row");

#if defined(__x86_64__) || defined(__i386__)
#define LITE_HAS(feature) (__builtin_cpu_init(), __builtin_cpu_supports(feature))
#else
#define LITE_HAS(feature) false
#endif

// A bit of the kernel's words on an ARM processor.
bool arm_has(unsigned long word, int bit) {
#if defined(__aarch64__) || defined(__arm__)
  return (getauxval(word) >> bit & 1) != 0;
#else
  static_cast<void>(word);
  static_cast<void>(bit);
  return false;
#endif
}

// Whether tiles that multiply bytes exist, the system keeps their state, and lets this process use
// them: Linux wants to be asked, for all threads, before the first use.
bool tiles_granted() {
#if defined(__x86_64__) && defined(__linux__)
  constexpr unsigned kFeatures = 7, kTiles = 1u << 24, kBytes = 1u << 25, kXgetbv = 1u << 27;
  constexpr unsigned kStates = 3u << 17;  // of the configuration and of the data
  constexpr long kRequest = 0x1023, kData = 18;
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & kXgetbv) == 0) return false;
  if (__get_cpuid_count(kFeatures, 0, &a, &b, &c, &d) == 0) return false;
  if ((d & kTiles) == 0 || (d & kBytes) == 0) return false;
  unsigned states = 0, high = 0;
  asm volatile("xgetbv" : "=a"(states), "=d"(high) : "c"(0));
  return (states & kStates) == kStates && syscall(SYS_arch_prctl, kRequest, kData) == 0;
#else
  return false;
#endif
}

// Every row of isa.inc needs a case: taken for granted, it would crash where it is missing.
#pragma GCC diagnostic error "-Wswitch"
bool processor_has(Isa isa) {
  switch (isa) {
    case Isa::scalar:
    case Isa::arm64_neon:
      return true;
    case Isa::armv7_neon:
      return arm_has(AT_HWCAP, 12) && arm_has(AT_HWCAP, 16);  // HWCAP_NEON, HWCAP_VFPv4
    case Isa::x86_avx2:
      return LITE_HAS("avx2") && LITE_HAS("fma");
    case Isa::x86_avxvnni:
      return processor_has(Isa::x86_avx2) && LITE_HAS("avxvnni");
    case Isa::x86_avx512:
      return LITE_HAS("avx512f") && LITE_HAS("avx512bw") && LITE_HAS("avx512dq") &&
             LITE_HAS("avx512vl") && LITE_HAS("fma");
    case Isa::x86_avx512vnni:
      return processor_has(Isa::x86_avx512) && LITE_HAS("avx512vnni");
    case Isa::x86_avx512bf16:
      return processor_has(Isa::x86_avx512vnni) && LITE_HAS("avx512bf16");
    case Isa::x86_amx:
      return processor_has(Isa::x86_avx512bf16) && tiles_granted();
    case Isa::arm64_dotprod:
      return arm_has(AT_HWCAP, 20);  // HWCAP_ASIMDDP
    case Isa::arm64_fp16:
      return processor_has(Isa::arm64_dotprod) && arm_has(AT_HWCAP, 9) &&
             arm_has(AT_HWCAP, 10);  // HWCAP_FPHP, HWCAP_ASIMDHP
    case Isa::arm64_i8mm:
      return processor_has(Isa::arm64_fp16) && arm_has(AT_HWCAP2, 13);  // HWCAP2_I8MM
  }
  return false;
}

// Intel's dot products of bf16 in vectors take twice the time of those of floats.
bool worth_choosing(Isa isa) {
#if defined(__x86_64__) || defined(__i386__)
  return isa != Isa::x86_avx512bf16 || !__builtin_cpu_is("intel");
#else
  static_cast<void>(isa);
  return true;
#endif
}
#undef LITE_HAS

std::string joined(const std::vector<Isa>& isas) {
  std::string names;
  for (Isa isa : isas) names += (names.empty() ? "" : ", ") + std::string(isa_name(isa));
  return names;
}

std::string built_names() {
  std::vector<Isa> built;
  for (const IsaRow& row : kRows)
    if (kBuiltIsas[static_cast<int>(row.isa)]) built.push_back(row.isa);
  return joined(built);
}

}  // namespace

const char* isa_name(Isa isa) { return kRows[static_cast<int>(isa)].name; }

bool isa_usable(Isa isa) { return kBuiltIsas[static_cast<int>(isa)] && processor_has(isa); }

std::vector<Isa> usable_isas() {
  std::vector<Isa> usable;
  for (const IsaRow& row : kRows)
    if (isa_usable(row.isa)) usable.push_back(row.isa);
  return usable;
}

Result<Isa> choose_isa() {
  const std::vector<Isa> usable = usable_isas();
  if (usable.empty())
    return error(Code::k_unsupported_target,
                 "this processor has none of the instruction sets that this build has kernels for: "
                 "%s",
                 built_names().c_str());
  const char* forced = std::getenv("LITE_FORCE_ISA");
  if (forced != nullptr && forced[0] != '\0') {
    for (const IsaRow& row : kRows)
      if (std::strcmp(row.name, forced) == 0 && isa_usable(row.isa)) return row.isa;
    return error(Code::k_invalid_argument,
                 "LITE_FORCE_ISA is '%s', which this machine cannot use; usable: %s", forced,
                 joined(usable).c_str());
  }
  Isa best = usable.front();
  for (Isa isa : usable)
    if (worth_choosing(isa)) best = isa;
  return best;
}

}  // namespace lite
