// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/depthwise/strips.h"
#include "kernels/hdepthwise/hdepthwise.h"

namespace lite::hdepthwise {

extern const Kernels LITE_KERNELS;
const Kernels LITE_KERNELS = {depthwise::run, depthwise::pointers_needed};

}  // namespace lite::hdepthwise
