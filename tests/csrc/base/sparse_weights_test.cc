// SPDX-License-Identifier: Apache-2.0
// Bytes of sparse weights that are damaged anywhere are refused, or read within their bounds.
#include <cstring>
#include <vector>

#include "base/arena.h"
#include "base/sparse.h"
#include "check.h"

namespace {

// 3 by 5 in groups of 2: the first stores columns 1 and 4, the second column 0.
class Bytes {
 public:
  Bytes() {
    CHECK(memory_.allocate(kSize).ok());
    const uint32_t head[] = {3, 5, 2, 3, 0, 2, 3};
    const uint16_t columns[] = {1, 4, 0};
    const float values[] = {1, 2, 3, 4, 5, 0};
    std::memset(memory_.data(), 0, kSize);
    std::memcpy(memory_.data(), head, sizeof(head));
    std::memcpy(memory_.data() + sizeof(head), columns, sizeof(columns));
    std::memcpy(memory_.data() + 64, values, sizeof(values));
  }
  std::byte* data() { return memory_.data(); }
  bool fits(uint64_t n = 3, uint64_t k = 5, size_t size = kSize) {
    return lite::check_sparse({memory_.data(), size}, n, k).ok();
  }
  void set(size_t place, uint32_t value) { std::memcpy(data() + 4 * place, &value, 4); }

  static constexpr size_t kSize = 64 + 6 * sizeof(float);

 private:
  lite::Memory memory_;
};

void reads_what_is_right() {
  Bytes bytes;
  CHECK(bytes.fits());
  const lite::SparseWeights weights = lite::sparse_weights(bytes.data());
  CHECK(weights.groups() == 2 && weights.rows == 2 && weights.stored == 3);
  CHECK(weights.columns[1] == 4 && weights.begins[1] == 2 && weights.values[4] == 5);
}

void refuses_other_sizes() {
  Bytes bytes;
  CHECK(!bytes.fits(4, 5));
  CHECK(!bytes.fits(3, 6));
  CHECK(!bytes.fits(3, 5, 8));
  CHECK(!bytes.fits(3, 5, Bytes::kSize - 4));
}

void refuses_what_points_out() {
  for (const auto& [place, value] : std::vector<std::pair<size_t, uint32_t>>{{2, 0},
                                                                             {2, 3},
                                                                             {2, 8},
                                                                             {3, 2},
                                                                             {3, 0xFFFFFFFF},
                                                                             {4, 1},
                                                                             {5, 4},
                                                                             {5, 0xFFFFFFFF},
                                                                             {6, 2}}) {
    Bytes bytes;
    bytes.set(place, value);
    CHECK(!bytes.fits());
  }
  for (uint16_t column : {0, 1, 5, 0xFFFF}) {  // behind column 1, or not among five
    Bytes bytes;
    std::memcpy(bytes.data() + 30, &column, sizeof(column));
    CHECK(!bytes.fits());
  }
}

}  // namespace

int main() {
  reads_what_is_right();
  refuses_other_sizes();
  refuses_what_points_out();
  return check_result();
}
