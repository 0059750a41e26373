// SPDX-License-Identifier: Apache-2.0
// Trait of AVX-512 with dot products of bytes (VNNI), beside tiles of bytes (AMX).
#pragma once

#include "simd/x86_avx512vnni.h"
