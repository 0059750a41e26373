// SPDX-License-Identifier: Apache-2.0
// Which instruction sets this machine and this build have, and which one is used.
#pragma once

#include <string>
#include <vector>

#include "base/span.h"
#include "base/status.h"

namespace lite {

enum class Isa : int {
#define LITE_ISA(name, architecture, base, flags) name,
#include "base/isa.inc"
#undef LITE_ISA
};

[[nodiscard]] const char* isa_name(Isa isa);

// True if this build has kernels for it and this processor runs them.
[[nodiscard]] bool isa_usable(Isa isa);

// From the plainest to the best.
[[nodiscard]] std::vector<Isa> usable_isas();

// The best usable ISA; or the one that the environment variable LITE_FORCE_ISA names.
// An unknown or unusable forced name is an error (Code::k_invalid_argument) that lists the usable
// ones.
[[nodiscard]] Result<Isa> choose_isa();

}  // namespace lite
