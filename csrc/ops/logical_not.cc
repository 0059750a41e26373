// SPDX-License-Identifier: Apache-2.0
#include "ops/elementwise/unary.h"

namespace lite {
namespace {

struct LogicalNot {
  static bool apply(bool x, const unary::Parameters&) { return !x; }
};

using LogicalNotOp = Unary<LogicalNot, bool>;

}  // namespace
}  // namespace lite

LITE_OP(logical_not, LogicalNotOp, "", "bool", kInPlace)
