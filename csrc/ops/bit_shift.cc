// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "ops/elementwise/binary.h"

namespace lite {
namespace {

// All bits are gone when b is the width or more, where C++ leaves the result undefined.
struct Left {
  template <class T>
  static T apply(T a, T b) {
    return b < sizeof(T) * 8 ? static_cast<T>(static_cast<uint64_t>(a) << b) : T(0);
  }
};

struct Right {
  template <class T>
  static T apply(T a, T b) {
    return b < sizeof(T) * 8 ? static_cast<T>(a >> b) : T(0);
  }
};

template <class Function>
using UnsignedBinary = Binary<Function, uint8_t, uint16_t, uint32_t, uint64_t>;

class BitShift final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    const char* direction = context.attributes->text("direction", "LEFT");
    if (std::strcmp(direction, "LEFT") == 0)
      op_ = std::make_unique<UnsignedBinary<Left>>();
    else if (std::strcmp(direction, "RIGHT") == 0)
      op_ = std::make_unique<UnsignedBinary<Right>>();
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

LITE_OP(bit_shift, BitShift, "direction", "u8 u16 u32 u64", kInPlace)
