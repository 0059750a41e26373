// SPDX-License-Identifier: Apache-2.0
// Dot products of bytes by NEON's widening products.
#pragma once

#include "simd/arm64_neon.h"
// The trait comes first.
#include "simd/dot/neon.h"
#include "simd/units_neon.h"
