// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/hwinograd/hwinograd.h"
#include "kernels/winograd/transforms.h"

namespace lite::hwinograd {
namespace {

template <int kOutputs>
constexpr Algorithm kAlgorithm = {winograd::transform_inputs<winograd::Filter<kOutputs>>,
                                  winograd::transform_outputs<winograd::Filter<kOutputs>>};

}  // namespace

extern const Kernels LITE_KERNELS;
const Kernels LITE_KERNELS = {Simd::kWidth, kAlgorithm<2>, kAlgorithm<4>};

}  // namespace lite::hwinograd
