// SPDX-License-Identifier: Apache-2.0
// Family qgemm: C = requantize(A * B + bias [, residual]) in bytes, sums in 32 bits modulo 2^32. B
// is packed in panels of 16 columns, quads of the depth side by side (Packing::p16x4); A is never
// packed: a table says where each row lies, or they lie in even runs. A convolution is a GEMM whose
// rows are pixels and whose depth is cut into taps, each with rows of its own.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/requantization.h"

namespace lite {
enum class Isa : int;
}

namespace lite::qgemm {

inline constexpr int kPanel = 16, kQuad = 4;

// Bytes of a panel of so many taps of k.
[[nodiscard]] constexpr int64_t panel_bytes(int64_t taps, int64_t k) {
  return taps * ((k + kQuad - 1) / kQuad) * kPanel * kQuad;
}

struct Extents {
  int64_t m = 0, taps = 1, k = 0;
};

// Rows of A in runs of equal length: row i of tap t begins at a + i / length * run_step +
// i % length * step + t / row_taps * tap_row_step + t % row_taps * tap_step.
struct Runs {
  const int8_t* a = nullptr;
  int64_t length = 0;
  int64_t step = 0, run_step = 0;
  int64_t row_taps = 1, tap_step = 0, tap_row_step = 0;
};

struct Block {
  int64_t m = 0, n = 0;                 // rows and columns of C in this block
  int64_t taps = 1, k = 0;              // A is m by taps * k
  const int8_t* const* rows = nullptr;  // rows[tap * row_stride + i]: the k elements of row i
  int64_t row_stride = 0;               // >= m
  Runs runs;                            // whole ones, in place of rows if a is not null
  const int8_t* b = nullptr;            // first panel of the block: [taps][ceil(k / 4)][16][4]
  int64_t panel_stride = 0;             // bytes from panel to panel
  const int8_t* b_end =
      nullptr;  // of what is read next, if anything lies behind the block: fetched ahead
  const int32_t* bias = nullptr;  // n; Kernels::offset times the sum of each column is subtracted
  const float* scale = nullptr;   // n
  Requantization requantization;
  const int8_t* residual = nullptr;  // as C, or null
  int64_t residual_stride = 0;
  int8_t* c = nullptr;
  int64_t c_stride = 0;
  std::byte* scratch = nullptr;  // scratch_bytes, lines of 64
  Sums sums = Sums::any;         // what is known of C, if Kernels::wants_sums
};

inline constexpr int64_t kTiledStepBytes = 2 * 1024 + 64;  // two tiles, and where they are

// Steps that tiles of 64 bytes need for such a depth.
[[nodiscard]] constexpr int64_t tiled_steps(int64_t taps, int64_t k) {
  return taps * ((k + 63) / 64);
}

enum class Kind { any, narrow, tiled };

struct Kernels {
  // Blocks may be cut anywhere, columns at multiples of 16.
  void (*multiply)(const Block& block);
  int32_t offset;  // elements of A are multiplied as if they were so much greater
  Kind kind;
  const Kernels* narrow;    // faster ones if weights in B are narrow; null if there are none
  const Kernels* tiled;     // faster ones if is_worth_tiles; null if there are none
  bool wants_sums;          // faster where Block::sums are small
  int32_t greatest_weight;  // magnitude that B may have
  int64_t (*scratch)(const Extents& extents);  // bytes that such a block needs; null if none
  int64_t least_depth;                         // of blocks that tiled ones are faster for
  bool takes_runs;  // of rows of A; each instruction multiplies that many that tasks must be large
};

const Kernels& kernels(Isa isa);

// Whether tiled kernels are faster than others for such blocks.
[[nodiscard]] constexpr bool is_worth_tiles(const Kernels& tiled, const Extents& extents) {
  return extents.m >= 4 && extents.taps * extents.k >= tiled.least_depth;
}

// Whether the kernels take rows of A in runs, of such a depth: steps of tiles must not overlap.
[[nodiscard]] constexpr bool takes_runs(const Kernels& kernels, int64_t k) {
  return kernels.takes_runs && k > 0 && k % (kQuad * tiled_steps(1, k)) == 0;
}

// Whether tiles that end where runs do are high enough.
[[nodiscard]] constexpr bool is_worth_runs(int64_t length) {
  return length >= 12 * ((length + 15) / 16);
}

// For blocks of so many rows at most.
[[nodiscard]] inline int64_t scratch_bytes(const Kernels& kernels, const Extents& extents) {
  return kernels.scratch == nullptr ? 0 : kernels.scratch(extents);
}

[[nodiscard]] constexpr const char* name(Kind kind) {
  constexpr const char* names[] = {"qgemm", "qgemm_narrow", "qgemm_tiled"};
  return names[static_cast<int>(kind)];
}
[[nodiscard]] constexpr const char* name(const Kernels& kernels) { return name(kernels.kind); }

}  // namespace lite::qgemm
