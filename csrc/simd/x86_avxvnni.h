// SPDX-License-Identifier: Apache-2.0
// Trait of AVX2 with dot products of bytes (AVX-VNNI).
#pragma once

#include "simd/x86_avx2.h"
