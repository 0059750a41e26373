// SPDX-License-Identifier: Apache-2.0
#include "ops/elementwise/binary.h"

namespace lite {
namespace {

struct Less {
  using Result = bool;
  static constexpr auto kernel = &binary::Kernels::less;
  template <class T>
  static bool apply(T a, T b) {
    return a < b;
  }
};

}  // namespace
}  // namespace lite

LITE_OP(less, NumberBinary<Less>, "", kNumbers, 0)
