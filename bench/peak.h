// SPDX-License-Identifier: Apache-2.0
// The greatest rate of fused multiply-adds of floats on one core: a loop of independent ones.
#pragma once

#include <algorithm>

#include "base/clock.h"
#include "base/isa.h"

namespace lite::bench {

inline constexpr int kChains = 12;  // independent of one another, to hide the latency
inline constexpr int kRounds = 20000;

// A function of kRounds rounds of one instruction on each of kChains registers of `lanes` floats.
#define LITE_CHAINS(name, attribute, lanes, constraint, instruction)           \
  attribute inline void name() {                                               \
    typedef float Vector __attribute__((vector_size(4 * lanes)));              \
    Vector sums[kChains] = {}, x = {};                                         \
    for (int round = 0; round < kRounds; ++round) {                            \
      _Pragma("GCC unroll 16") for (int i = 0; i < kChains; ++i) asm volatile( \
          instruction : "+" constraint(sums[i]) : constraint(x));              \
    }                                                                          \
  }

struct Chains {
  void (*run)();
  int operations;  // per instruction
};

#if defined(__x86_64__)
LITE_CHAINS(chains_512, __attribute__((target("avx512f"))), 16, "v", "vfmadd231ps %1, %1, %0")
LITE_CHAINS(chains_256, __attribute__((target("avx2,fma"))), 8, "x", "vfmadd231ps %1, %1, %0")
LITE_CHAINS(chains_128, , 4, "x", "addps %1, %0")
inline Chains chains_of(Isa isa) {  // a row behind another in isa.inc has its width, too
  if (isa >= Isa::x86_avx512) return {chains_512, 32};
  if (isa >= Isa::x86_avx2) return {chains_256, 16};
  return {chains_128, 4};
}
#elif defined(__aarch64__)
LITE_CHAINS(chains_128, , 4, "w", "fmla %0.4s, %1.4s, %1.4s")
inline Chains chains_of(Isa) { return {chains_128, 8}; }
#else
LITE_CHAINS(chains_128, , 4, "w", "vfma.f32 %q0, %q1, %q1")
inline Chains chains_of(Isa) { return {chains_128, 8}; }
#endif
#undef LITE_CHAINS

// For the scalar ISA of x86, which has no fused multiply-add: additions of SSE vectors.
inline double fma_peak_gflops(Isa isa) {
  const Chains chains = chains_of(isa);
  double best = 0.0;
  for (int i = 0; i < 100; ++i) {
    const uint64_t begin = monotonic_ns();
    chains.run();
    const double ns = static_cast<double>(monotonic_ns() - begin);
    best = std::max(best, static_cast<double>(chains.operations) * kChains * kRounds / ns);
  }
  return best;
}

}  // namespace lite::bench
