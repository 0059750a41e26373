// SPDX-License-Identifier: Apache-2.0
#include "ops/elementwise/binary.h"
#include "ops/elementwise/integers.h"

namespace lite {
namespace {

struct Add {
  static constexpr auto kernel = &binary::Kernels::add;
  template <class T>
  static T apply(T a, T b) {
    return wrapping_add(a, b);
  }
};

}  // namespace
}  // namespace lite

LITE_OP(add, NumberBinary<Add>, "", kNumbers, kInPlace)
