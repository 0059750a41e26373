// SPDX-License-Identifier: Apache-2.0
// The greatest rates of fused multiply-adds of floats, and of products of bytes and of bfloat16s,
// on one core: loops of independent ones.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

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

// What a unit of the processor reaches, by the name of its instruction.
struct Peak {
  const char* name;
  Chains chains;
};

#if defined(__x86_64__)
LITE_CHAINS(chains_512, __attribute__((target("avx512f"))), 16, "v", "vfmadd231ps %1, %1, %0")
LITE_CHAINS(chains_256, __attribute__((target("avx2,fma"))), 8, "x", "vfmadd231ps %1, %1, %0")
LITE_CHAINS(chains_128, , 4, "x", "addps %1, %0")
LITE_CHAINS(dots_512, __attribute__((target("avx512f,avx512vnni"))), 16, "v", "vpdpbusd %1, %1, %0")
LITE_CHAINS(dots_256, __attribute__((target("avx2"))), 8, "x", "%{vex%} vpdpbusd %1, %1, %0")
LITE_CHAINS(pairs_512, __attribute__((target("avx512bw"))), 16, "v", "vpmaddwd %1, %0, %0")
LITE_CHAINS(pairs_256, __attribute__((target("avx2"))), 8, "x", "vpmaddwd %1, %0, %0")
LITE_CHAINS(pairs_128, , 4, "x", "pmaddwd %1, %0")
LITE_CHAINS(bf16_512, __attribute__((target("avx512f"))), 16, "v", "vdpbf16ps %1, %1, %0")

// Products of tiles, into four of sums: one in the time of 16 of the other instructions.
constexpr int kTileTurns = 16;
struct alignas(64) TileShapes {
  uint8_t palette = 1, others[15] = {};
  uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
#define LITE_TILES(name, instruction)                                                        \
  inline void name() {                                                                       \
    const TileShapes shapes;                                                                 \
    asm volatile("ldtilecfg %0" ::"m"(shapes));                                              \
    for (int i = 0; i < kRounds * kChains / kTileTurns / 4; ++i)                             \
      asm volatile(instruction " %tmm6, %tmm4, %tmm0\n" instruction                          \
                               " %tmm7, %tmm4, %tmm1\n" instruction                          \
                               " %tmm6, %tmm5, %tmm2\n" instruction " %tmm7, %tmm5, %tmm3"); \
    asm volatile("tilerelease");                                                             \
  }
LITE_TILES(tiles_of_bytes, "tdpbssd")
LITE_TILES(tiles_of_bf16, "tdpbf16ps")
#undef LITE_TILES
constexpr int kTilesOfBytes = 2 * 16 * 16 * 64 / kTileTurns;

inline std::vector<Peak> peaks_here() {
  std::vector<Peak> peaks;
  const auto add = [&peaks](bool usable, const Peak& peak) {
    if (usable) peaks.push_back(peak);
  };
  __builtin_cpu_init();
  const bool tiles = isa_usable(Isa::x86_amx);  // which asks the system for their registers
  add(__builtin_cpu_supports("fma"), {"vfmadd231ps_256", {chains_256, 16}});
  add(__builtin_cpu_supports("avx512f"), {"vfmadd231ps_512", {chains_512, 32}});
  add(__builtin_cpu_supports("avx2"), {"vpmaddwd_256", {pairs_256, 32}});
  add(__builtin_cpu_supports("avxvnni"), {"vpdpbusd_256", {dots_256, 64}});
  add(__builtin_cpu_supports("avx512vnni"), {"vpdpbusd_512", {dots_512, 128}});
  add(__builtin_cpu_supports("avx512bf16"), {"vdpbf16ps_512", {bf16_512, 64}});
  add(tiles, {"tdpbssd", {tiles_of_bytes, kTilesOfBytes}});
  add(tiles && __builtin_cpu_supports("amx-bf16"),
      {"tdpbf16ps", {tiles_of_bf16, kTilesOfBytes / 2}});
  return peaks;
}
inline Chains dots_of(Isa isa) {
  if (isa == Isa::x86_amx) return {tiles_of_bytes, kTilesOfBytes};
  if (isa >= Isa::x86_avx512vnni) return {dots_512, 128};
  if (isa == Isa::x86_avx512) return {pairs_512, 64};
  if (isa == Isa::x86_avxvnni) return {dots_256, 64};
  if (isa == Isa::x86_avx2) return {pairs_256, 32};
  return {pairs_128, 16};
}
inline Chains chains_of(Isa isa) {  // a row behind another in isa.inc has its width, too
  if (isa >= Isa::x86_avx512) return {chains_512, 32};
  if (isa >= Isa::x86_avx2) return {chains_256, 16};
  return {chains_128, 4};
}
#elif defined(__aarch64__)
LITE_CHAINS(chains_128, , 4, "w", "fmla %0.4s, %1.4s, %1.4s")
LITE_CHAINS(dots_128, , 4, "w", ".arch armv8.2-a+dotprod\n sdot %0.4s, %1.16b, %1.16b")
LITE_CHAINS(pairs_128, , 4, "w", "smlal %0.8h, %1.8b, %1.8b")
inline Chains dots_of(Isa isa) {
  if (isa >= Isa::arm64_dotprod) return {dots_128, 32};
  return {pairs_128, 16};
}
inline Chains chains_of(Isa) { return {chains_128, 8}; }
inline std::vector<Peak> peaks_here() {
  std::vector<Peak> peaks = {{"fmla", {chains_128, 8}}, {"smlal", {pairs_128, 16}}};
  if (isa_usable(Isa::arm64_dotprod)) peaks.push_back({"sdot", {dots_128, 32}});
  return peaks;
}
#else
LITE_CHAINS(chains_128, , 4, "w", "vfma.f32 %q0, %q1, %q1")
LITE_CHAINS(pairs_128, , 4, "w", "vmlal.s8 %q0, %e1, %e1")
inline Chains dots_of(Isa) { return {pairs_128, 16}; }
inline Chains chains_of(Isa) { return {chains_128, 8}; }
inline std::vector<Peak> peaks_here() {
  return {{"vfma", {chains_128, 8}}, {"vmlal", {pairs_128, 16}}};
}
#endif
#undef LITE_CHAINS

// The ISA of a layer that cannot be a product of matrices, and so has no use for tiles.
inline Isa without_tiles(Isa isa) { return isa == Isa::x86_amx ? Isa::x86_avx512vnni : isa; }

// Floating point operations, or products and additions of bytes, per nanosecond: one measurement.
inline double rate_of(const Chains& chains) {
  const uint64_t begin = monotonic_ns();
  chains.run();
  const double ns = static_cast<double>(monotonic_ns() - begin);
  return static_cast<double>(chains.operations) * kChains * kRounds / ns;
}

// For the scalar ISA of x86, which has no fused multiply-add: additions of SSE vectors.
inline double peak_of(const Chains& chains, int measurements) {
  double best = 0.0;
  for (int i = 0; i < measurements; ++i) best = std::max(best, rate_of(chains));
  return best;
}

}  // namespace lite::bench
