// SPDX-License-Identifier: Apache-2.0
// Dot products of bytes on processors that multiply matrices of them, too.
#pragma once

#include "simd/arm64_i8mm.h"
#include "simd/dot/arm64_dotprod.h"
#include "simd/units_neon.h"
