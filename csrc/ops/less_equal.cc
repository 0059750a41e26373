// SPDX-License-Identifier: Apache-2.0
#include "ops/elementwise/binary.h"

namespace lite {
namespace {

struct LessEqual {
  using Result = bool;
  static constexpr auto kernel = &binary::Kernels::less_equal;
  template <class T>
  static bool apply(T a, T b) {
    return a <= b;
  }
};

}  // namespace
}  // namespace lite

LITE_OP(less_equal, NumberBinary<LessEqual>, "", kNumbers, 0)
