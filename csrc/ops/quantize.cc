// SPDX-License-Identifier: Apache-2.0
#include "ops/quantized/scaled.h"

namespace lite {
namespace {

// The type to quantize to is that of the output.
class Quantize final : public quantized::Scaled {
  scaling::Run choose(const scaling::Kernels& kernels, DType x, DType y) const override {
    if (x != DType::f32) return nullptr;
    switch (y) {
      case DType::s8:
        return kernels.quantize_s8;
      case DType::u8:
        return kernels.quantize_u8;
      case DType::s16:
        return kernels.quantize_s16;
      default:
        return nullptr;
    }
  }
  DType integers(DType, DType y) const override { return y; }
};

}  // namespace
}  // namespace lite

LITE_OP(quantize, Quantize, "zero_point axis dtype", "f32", 0)
