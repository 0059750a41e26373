// SPDX-License-Identifier: Apache-2.0
#include "ops/quantized/scaled.h"

namespace lite {
namespace {

class Dequantize final : public quantized::Scaled {
  scaling::Run choose(const scaling::Kernels& kernels, DType x, DType y) const override {
    if (y != DType::f32) return nullptr;
    switch (x) {
      case DType::s8:
        return kernels.dequantize_s8;
      case DType::u8:
        return kernels.dequantize_u8;
      case DType::s16:
        return kernels.dequantize_s16;
      case DType::s32:
        return kernels.dequantize_s32;
      default:
        return nullptr;
    }
  }
  DType integers(DType x, DType) const override { return x; }
};

}  // namespace
}  // namespace lite

LITE_OP(dequantize, Dequantize, "zero_point axis", "s8 u8 s16 s32", kInPlace)
