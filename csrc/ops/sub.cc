// SPDX-License-Identifier: Apache-2.0
#include "ops/elementwise/binary.h"
#include "ops/elementwise/integers.h"

namespace lite {
namespace {

struct Sub {
  static constexpr auto kernel = &binary::Kernels::sub;
  template <class T>
  static T apply(T a, T b) {
    return wrapping_sub(a, b);
  }
};

}  // namespace
}  // namespace lite

LITE_OP(sub, NumberBinary<Sub>, "", kNumbers, kInPlace)
