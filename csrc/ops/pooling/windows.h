// SPDX-License-Identifier: Apache-2.0
// Windows of pool2d's attributes: kernel, strides, pads, dilations, count_include_pad.
#pragma once

#include "ops/pooling/pooling.h"

namespace lite {

Status check_windows(const Attributes& attributes);
// Of the rows (side 0) or the columns (side 1); the attributes are checked.
WindowSide window_side(const PrepareContext& context, size_t number);

}  // namespace lite
