// SPDX-License-Identifier: Apache-2.0
#include "ops/elementwise/binary.h"
#include "ops/elementwise/integers.h"

namespace lite {
namespace {

struct Div {
  static constexpr auto kernel = &binary::Kernels::div;
  template <class T>
  static T apply(T a, T b) {
    return safe_div(a, b);
  }
};

}  // namespace
}  // namespace lite

LITE_OP(div, NumberBinary<Div>, "", kNumbers, kInPlace)
