// SPDX-License-Identifier: Apache-2.0
// Extents of a batched product of matrices.
#pragma once

#include <cstdint>

#include "ops/linear/arguments.h"

namespace lite::linear {

struct ProductShape {
  int64_t m = 0, n = 0, k = 0;
  bool transpose_a = false, transpose_b = false;
  Shape batch, a_batch, b_batch;  // of the result and of each side, which broadcast to it

  // Which matrix of each side makes a matrix of the result.
  [[nodiscard]] int64_t a_matrix(int64_t product) const { return source(product, a_batch); }
  [[nodiscard]] int64_t b_matrix(int64_t product) const { return source(product, b_batch); }

 private:
  [[nodiscard]] int64_t source(int64_t product, const Shape& side) const;
};

// Of the first two inputs and the output, with attributes transpose_a and transpose_b; both sides
// have an axis at least.
[[nodiscard]] Result<ProductShape> read_product_shape(const PrepareContext& context);

}  // namespace lite::linear
