// SPDX-License-Identifier: Apache-2.0
// The last step of layers of bytes that end in a function of their outputs: a table of 256 entries,
// which are looked up while the outputs are in the first cache.
#pragma once

#include <cstdint>

#include "kernels/lookup/lookup.h"
#include "ops/op.h"

namespace lite::linear {

class OutputTable {
 public:
  // The table is input 5, if there is one: bytes, from that of the least output on.
  [[nodiscard]] Status prepare(const PrepareContext& context);
  // In place, of rows of outputs.
  void apply(const RunContext& context, int8_t* y, int64_t rows, int64_t columns,
             int64_t stride) const;

 private:
  const lookup::Kernels* kernels_ = nullptr;  // null: there is no table
};

}  // namespace lite::linear
