// SPDX-License-Identifier: Apache-2.0
// Trait of NEON with arithmetic on halves, which has a trait of its own: simd/fp16.
#pragma once

#include "simd/arm64_dotprod.h"
