// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <type_traits>

#include "ops/elementwise/binary.h"

namespace lite {
namespace {

// All bits are gone when b is negative, or the width or more: C++ leaves that undefined.
template <class T>
bool inside(T places) {
  return static_cast<std::make_unsigned_t<T>>(places) < sizeof(T) * 8;
}

struct Left {
  template <class T>
  static T apply(T a, T b) {
    return inside(b) ? static_cast<T>(static_cast<uint64_t>(a) << b) : T(0);
  }
};

struct Right {
  template <class T>
  static T apply(T a, T b) {
    return static_cast<T>(inside(b) ? a >> b : a < T(0) ? -1 : 0);
  }
};

class BitShift final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    const char* direction = context.attributes->text("direction", "LEFT");
    if (std::strcmp(direction, "LEFT") == 0)
      op_ = std::make_unique<IntegerBinary<Left>>();
    else if (std::strcmp(direction, "RIGHT") == 0)
      op_ = std::make_unique<IntegerBinary<Right>>();
    else
      return error(Code::k_unsupported_op, "direction is '%s', expected 'LEFT' or 'RIGHT'",
                   direction);
    return op_->prepare(context);
  }
  void run(const RunContext& context) override { op_->run(context); }

 private:
  std::unique_ptr<Op> op_;
};

}  // namespace
}  // namespace lite

LITE_OP(bit_shift, BitShift, "direction", kIntegers, kInPlace)
