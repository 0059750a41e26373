// SPDX-License-Identifier: Apache-2.0
// Family hdepthwise: family depthwise in halves, whose sums are rounded to halves after each
// multiply-add.
#pragma once

#include "base/half.h"
#include "kernels/depthwise/depthwise.h"

namespace lite::hdepthwise {

struct Kernels {
  void (*run)(const depthwise::StripOf<Half>& strip);
  int64_t (*pointers_needed)(const depthwise::StripOf<Half>& strip);
};

// Null where the processor has no arithmetic on halves.
const Kernels* kernels(Isa isa);

}  // namespace lite::hdepthwise
