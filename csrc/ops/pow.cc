// SPDX-License-Identifier: Apache-2.0
#include "ops/elementwise/binary.h"
#include "ops/elementwise/integers.h"

namespace lite {
namespace {

struct Pow {
  template <class T>
  static T apply(T a, T b) {
    return power(a, b);
  }
};

}  // namespace
}  // namespace lite

LITE_OP(pow, NumberBinary<Pow>, "", kNumbers, kInPlace)
