// SPDX-License-Identifier: Apache-2.0
#include "ops/elementwise/binary.h"

namespace lite {
namespace {

struct Max {
  static constexpr auto kernel = &binary::Kernels::max;
  template <class T>
  static T apply(T a, T b) {
    return a > b || a != a ? a : b;
  }
};

}  // namespace
}  // namespace lite

LITE_OP(max, NumberBinary<Max>, "", kNumbers, kInPlace)
