// SPDX-License-Identifier: Apache-2.0
#include "kernels/lookup/lookup.h"
#include "simd/table.h"

namespace lite::lookup {
namespace {

constexpr int64_t kMany = 256;  // bytes for which it pays to turn the table into vectors

template <class Entry>
void look_up(const uint8_t* x, const Entry* table, uint8_t flip, Entry* y, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] = table[x[i] ^ flip];
}

void bytes(const uint8_t* x, const uint8_t* table, uint8_t flip, uint8_t* y, int64_t count) {
  if (permutes_bytes()) return permute_bytes(x, table, flip, y, count);
  int64_t done = 0;
  if constexpr (ByteTable::kBytes > 0) {
    if (count >= kMany) {
      const ByteTable vectors(table, flip);
      for (; done + ByteTable::kBytes <= count; done += ByteTable::kBytes)
        vectors.look_up(x + done, y + done);
    }
  }
  look_up(x + done, table, flip, y + done, count - done);
}

}  // namespace

extern const Kernels LITE_KERNELS;
const Kernels LITE_KERNELS = {bytes, look_up<float>};

}  // namespace lite::lookup
