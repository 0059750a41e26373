// SPDX-License-Identifier: Apache-2.0
#include "ops/norm/softmax.h"

namespace lite {
namespace {

struct LogSoftmax {
  static constexpr auto kernel = &softmax::Kernels::log_softmax;
  static double result(double shifted, double sum) { return shifted - std::log(sum); }
};

}  // namespace
}  // namespace lite

LITE_OP(log_softmax, AlsoHalf<SoftmaxOver<LogSoftmax>>, "axis", "f32 f16 f64", kInPlace)
