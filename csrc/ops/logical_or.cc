// SPDX-License-Identifier: Apache-2.0
#include "ops/elementwise/binary.h"

namespace lite {
namespace {

struct LogicalOr {
  template <class T>
  static T apply(T a, T b) {
    return a || b;
  }
};

using LogicalOrOp = Binary<LogicalOr, bool>;

}  // namespace
}  // namespace lite

LITE_OP(logical_or, LogicalOrOp, "", "bool", kInPlace)
