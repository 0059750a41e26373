// SPDX-License-Identifier: Apache-2.0
#include "ops/elementwise/binary.h"

namespace lite {
namespace {

struct LogicalAnd {
  template <class T>
  static T apply(T a, T b) {
    return a && b;
  }
};

using LogicalAndOp = Binary<LogicalAnd, bool>;

}  // namespace
}  // namespace lite

LITE_OP(logical_and, LogicalAndOp, "", "bool", kInPlace)
