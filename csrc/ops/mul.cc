// SPDX-License-Identifier: Apache-2.0
#include "ops/elementwise/binary.h"
#include "ops/elementwise/integers.h"

namespace lite {
namespace {

struct Mul {
  static constexpr auto kernel = &binary::Kernels::mul;
  template <class T>
  static T apply(T a, T b) {
    return wrapping_mul(a, b);
  }
};

}  // namespace
}  // namespace lite

LITE_OP(mul, NumberBinary<Mul>, "", kNumbers, kInPlace)
