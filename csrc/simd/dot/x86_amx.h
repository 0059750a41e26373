// SPDX-License-Identifier: Apache-2.0
// Dot products of bytes by AVX-512 VNNI, for what is not multiplied in tiles.
#pragma once

#include "simd/dot/x86_avx512vnni.h"
