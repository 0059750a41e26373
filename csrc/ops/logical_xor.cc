// SPDX-License-Identifier: Apache-2.0
#include "ops/elementwise/binary.h"

namespace lite {
namespace {

struct LogicalXor {
  template <class T>
  static T apply(T a, T b) {
    return a != b;
  }
};

using LogicalXorOp = Binary<LogicalXor, bool>;

}  // namespace
}  // namespace lite

LITE_OP(logical_xor, LogicalXorOp, "", "bool", kInPlace)
