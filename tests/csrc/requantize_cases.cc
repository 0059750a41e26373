// SPDX-License-Identifier: Apache-2.0
// Writes what base/requant.h makes of cases: requantize_cases CASES RESULTS, both of them arrays of
// the records below. tests/csrc/test_programs.py compares the results with those of Python.
#include <cstdint>
#include <cstdio>

#include "base/requant.h"

namespace {

struct Case {
  float x, scale;
  int32_t q, sum, residual;
  float residual_scale;
  int32_t zero_point, lo, hi, lowest, highest;
};

struct Results {
  int32_t quantized;
  float dequantized;
  int32_t requantized, with_residual, rounded_twice;
};

Results results_of(const Case& c) {
  const lite::Placement all = {c.zero_point, c.lowest, c.highest};
  const lite::Placement some = {c.zero_point, c.lo, c.hi};
  return {lite::quantize(c.x, c.scale, all), lite::dequantize(c.q, c.scale, c.zero_point),
          lite::requantize(c.sum, c.scale, some),
          lite::requantize(c.sum, c.scale, c.residual, c.residual_scale, some),
          lite::placed(lite::rounded_before(lite::scaled(c.sum, c.scale), c.scale), some)};
}

}  // namespace

int main(int count, char** texts) {
  if (count != 3) return 2;
  std::FILE* cases = std::fopen(texts[1], "rb");
  std::FILE* results = std::fopen(texts[2], "wb");
  if (cases == nullptr || results == nullptr) return 2;
  Case next;
  while (std::fread(&next, sizeof(next), 1, cases) == 1) {
    const Results made = results_of(next);
    if (std::fwrite(&made, sizeof(made), 1, results) != 1) return 1;
  }
  std::fclose(cases);
  return std::fclose(results) == 0 ? 0 : 1;
}
