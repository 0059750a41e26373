// SPDX-License-Identifier: Apache-2.0
#include "ops/elementwise/binary.h"

namespace lite {
namespace {

struct Min {
  static constexpr auto kernel = &binary::Kernels::min;
  template <class T>
  static T apply(T a, T b) {
    return a < b || a != a ? a : b;
  }
};

}  // namespace
}  // namespace lite

LITE_OP(min, NumberBinary<Min>, "", kNumbers, kInPlace)
