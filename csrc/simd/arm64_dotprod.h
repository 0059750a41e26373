// SPDX-License-Identifier: Apache-2.0
// Trait of NEON with dot products of bytes.
#pragma once

#include "simd/arm64_neon.h"
