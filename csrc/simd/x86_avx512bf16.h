// SPDX-License-Identifier: Apache-2.0
// Trait of AVX-512 with dot products of bf16.
#pragma once

#include "simd/x86_avx512.h"
