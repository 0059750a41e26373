// SPDX-License-Identifier: Apache-2.0
#include "ops/norm/softmax.h"

namespace lite {
namespace {

struct Softmax {
  static constexpr auto kernel = &softmax::Kernels::softmax;
  static double result(double shifted, double sum) { return std::exp(shifted) / sum; }
};

}  // namespace
}  // namespace lite

LITE_OP(softmax, AlsoHalf<SoftmaxOver<Softmax>>, "axis", "f32 f16 f64", kInPlace)
