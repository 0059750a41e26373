// SPDX-License-Identifier: Apache-2.0
#pragma once

#if defined(__AMX_BF16__)
#include "kernels/bgemm/tiles.h"
#else
#include "kernels/bgemm/vectors.h"
#endif

namespace lite::bgemm {

extern const Kernels LITE_KERNELS;
const Kernels LITE_KERNELS = {multiply, round, pack_panel, kWhole, kSpeed};

}  // namespace lite::bgemm
