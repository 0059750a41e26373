// SPDX-License-Identifier: Apache-2.0
#include "ops/elementwise/binary.h"
#include "ops/elementwise/integers.h"

namespace lite {
namespace {

struct Floored {
  template <class T>
  static T apply(T a, T b) {
    return floored_mod(a, b);
  }
};

struct Truncated {
  template <class T>
  static T apply(T a, T b) {
    return truncated_mod(a, b);
  }
};

class Mod final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    if (context.attributes->boolean("fmod", false))
      op_ = std::make_unique<NumberBinary<Truncated>>();
    else
      op_ = std::make_unique<NumberBinary<Floored>>();
    return op_->prepare(context);
  }
  void run(const RunContext& context) override { op_->run(context); }

 private:
  std::unique_ptr<Op> op_;
};

}  // namespace
}  // namespace lite

LITE_OP(mod, Mod, "fmod", kNumbers, kInPlace)
