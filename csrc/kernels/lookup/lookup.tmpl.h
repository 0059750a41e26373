// SPDX-License-Identifier: Apache-2.0
#include "kernels/lookup/lookup.h"

namespace lite::lookup {
namespace {

template <class Entry>
void look_up(const uint8_t* x, const Entry* table, uint8_t flip, Entry* y, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] = table[x[i] ^ flip];
}

}  // namespace

extern const Kernels LITE_KERNELS;
const Kernels LITE_KERNELS = {look_up<uint8_t>, look_up<float>};

}  // namespace lite::lookup
