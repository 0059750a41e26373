// SPDX-License-Identifier: Apache-2.0
// Which kernels of products of bytes are taken for weights of some magnitude.
#include "ops/linear/quad_weights.h"

#include <vector>

#include "base/isa.h"
#include "check.h"

namespace {

using lite::qgemm::Extents;
using lite::qgemm::Kernels;

void kernels_are_exact_for(lite::Isa isa, int8_t weight) {
  const std::vector<int8_t> weights = {0, 3, weight, 1};
  for (const Extents& extents : {Extents{1, 1, 4}, Extents{64, 1, 64}, Extents{64, 9, 7}}) {
    const Kernels& kernels =
        lite::linear::kernels_for(isa, extents, {weights.data(), weights.size()});
    CHECK(kernels.greatest_weight >= (weight < 0 ? -weight : weight));
    CHECK(lite::linear::kernels_for(isa, extents).greatest_weight == lite::kGreatestWeight);
  }
}

// Where they are there, and large blocks have no weight that is too great for them.
void tiled_ones_are_taken(lite::Isa isa) {
  const std::vector<int8_t> weights = {0, 127, -127, 1};
  const Kernels* tiled = lite::qgemm::kernels(isa).tiled;
  if (tiled == nullptr) return;
  const Extents large = {64, 1, 64}, low = {1, 1, 64};
  CHECK(&lite::linear::kernels_for(isa, large, {weights.data(), weights.size()}) == tiled);
  CHECK(&lite::linear::kernels_for(isa, low, {weights.data(), weights.size()}) != tiled);
}

}  // namespace

int main() {
  for (lite::Isa isa : lite::usable_isas()) {
    for (int8_t weight : {int8_t{64}, int8_t{65}, int8_t{127}, int8_t{-127}, int8_t{-128}})
      kernels_are_exact_for(isa, weight);
    tiled_ones_are_taken(isa);
  }
  return check_result();
}
