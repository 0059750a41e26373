// SPDX-License-Identifier: Apache-2.0
// Which steps fetch constants for which others.
#pragma once

#include "plan/plan.h"

namespace lite {

// Lets what a step reads at once be fetched by those before it, the nearest first, which compute
// for longer than they read.
void spread_fetches(Span<Step> steps);

}  // namespace lite
