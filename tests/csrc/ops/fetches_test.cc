// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/fetches.h"

#include "check.h"

namespace {

// Together, the tasks fetch each byte once, in order.
void shares_all() {
  const std::byte bytes[1000] = {};
  lite::linear::Fetches fetches;
  fetches.add({bytes, 130}, 7);
  fetches.add({bytes + 130, 5}, 7);
  fetches.add({bytes + 135, 700}, 7);
  const std::byte* next = bytes;
  for (int64_t task = 0; task < 7; ++task) {
    lite::gemm::Block block;
    fetches.give(task, block);
    int64_t count = 0;
    for (int64_t i = 0; i < block.later_count; ++i) {
      CHECK(block.later[i].data == next && block.later[i].bytes > 0);
      next += block.later[i].bytes;
      count += block.later[i].bytes;
    }
    CHECK(count >= 835 / 7 && count <= 835 / 7 + 1);
  }
  CHECK(next == bytes + 835);
}

void nothing_is_fetched_unasked() {
  lite::gemm::Block block;
  lite::linear::Fetches().give(3, block);
  CHECK(block.later == nullptr && block.later_count == 0);
}

}  // namespace

int main() {
  shares_all();
  nothing_is_fetched_unasked();
  return check_result();
}
