// SPDX-License-Identifier: Apache-2.0
#include "ops/elementwise/binary.h"

namespace lite {
namespace {

struct GreaterEqual {
  using Result = bool;
  static constexpr auto kernel = &binary::Kernels::greater_equal;
  template <class T>
  static bool apply(T a, T b) {
    return a >= b;
  }
};

}  // namespace
}  // namespace lite

LITE_OP(greater_equal, NumberBinary<GreaterEqual>, "", kNumbers, 0)
