// SPDX-License-Identifier: Apache-2.0
// Family lookup: entries of tables of 256, one for each byte.
#pragma once

#include <cstdint>

#include "base/isa.h"

namespace lite::lookup {

struct Kernels {
  // y[i] = table[x[i] ^ flip], i < count; flip is 0x80 where x is signed: the table begins with the
  // least byte's entry. y may be x. Touches nothing behind the last element.
  void (*bytes)(const uint8_t* x, const uint8_t* table, uint8_t flip, uint8_t* y, int64_t count);
  void (*floats)(const uint8_t* x, const float* table, uint8_t flip, float* y, int64_t count);
};

const Kernels& kernels(Isa isa);

}  // namespace lite::lookup
