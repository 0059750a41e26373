// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace lite {

// Nanoseconds since an arbitrary moment; never goes back.
[[nodiscard]] uint64_t monotonic_ns();

}  // namespace lite
