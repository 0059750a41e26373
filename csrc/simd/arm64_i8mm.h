// SPDX-License-Identifier: Apache-2.0
// Trait of NEON with dot products and products of matrices of bytes.
#pragma once

#include "simd/arm64_fp16.h"
