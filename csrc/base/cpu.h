// SPDX-License-Identifier: Apache-2.0
// What the system says about the processor; nothing is measured.
#pragma once

#include <cstdint>
#include <string>

#include "base/status.h"

namespace lite {

// The name that tells processors apart, in one line; "unknown" where the system does not tell.
[[nodiscard]] std::string cpu_name();

// Whether vectors of 512 bits are computed in two halves (Zen 4): then they multiply no faster than
// those of 256 bits.
[[nodiscard]] bool halves_wide_vectors();

// Size of the second cache, of which each core has its own; a usual one where the system does not
// tell. The environment variable LITE_CACHE_BYTES gives another.
[[nodiscard]] Result<uint64_t> second_cache_bytes();

}  // namespace lite
