// SPDX-License-Identifier: Apache-2.0
// Cutting a block of a matrix product into four changes no bit.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <type_traits>
#include <vector>

#include "check.h"

namespace cuts {

// `block` makes the whole block, which writes `outputs`, `multiply` computes one, and `move` moves
// what a block has beside the operands of all families by some columns.
template <class Outputs, class MakeBlock, class Multiply, class Move>
void check(Outputs& outputs, std::initializer_list<int64_t> rows, const MakeBlock& make_block,
           const Multiply& multiply, const Move& move) {
  using Element = std::decay_t<decltype(outputs[0])>;
  constexpr int64_t kPanel = 16;
  const auto whole = make_block();
  multiply(whole);
  const std::vector expected(outputs.data(), outputs.data() + outputs.size());
  for (int64_t row : rows)
    for (int64_t column : {16, 48, 64}) {
      std::fill_n(outputs.data(), outputs.size(), Element{77});
      for (int part = 0; part < 4; ++part) {
        auto block = make_block();
        const int64_t top = part % 2 ? row : 0, left = part / 2 ? column : 0;
        block.m = part % 2 ? whole.m - row : row;
        block.n = part / 2 ? whole.n - column : column;
        block.rows += top;
        block.b += left / kPanel * block.panel_stride;
        block.bias += left;
        block.residual += top * block.residual_stride + left;
        block.c += top * block.c_stride + left;
        move(block, left);
        multiply(block);
      }
      for (int64_t i = 0; i < outputs.size(); ++i)
        CHECK(outputs[i] == expected[static_cast<size_t>(i)]);
    }
}

template <class Outputs, class MakeBlock, class Multiply>
void check(Outputs& outputs, std::initializer_list<int64_t> rows, const MakeBlock& make_block,
           const Multiply& multiply) {
  check(outputs, rows, make_block, multiply, [](auto&, int64_t) {});
}

}  // namespace cuts
