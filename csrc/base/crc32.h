// SPDX-License-Identifier: Apache-2.0
// CRC-32 as in zlib (polynomial 0xEDB88320), fast enough to check a file's weights at every load.
#pragma once

#include <cstddef>
#include <cstdint>

namespace lite {

[[nodiscard]] uint32_t crc32(const std::byte* data, size_t size_bytes);

}  // namespace lite
