// SPDX-License-Identifier: Apache-2.0
#include "ops/elementwise/binary.h"

namespace lite {
namespace {

struct BitwiseXor {
  template <class T>
  static T apply(T a, T b) {
    return static_cast<T>(a ^ b);
  }
};

}  // namespace
}  // namespace lite

LITE_OP(bitwise_xor, IntegerBinary<BitwiseXor>, "", kIntegers, kInPlace)
