// SPDX-License-Identifier: Apache-2.0
// How kernels ask for inlining and for complete unrolling.
#pragma once

#define LITE_INLINE inline __attribute__((always_inline))
#if defined(__clang__)
#define LITE_UNROLL _Pragma("clang loop unroll(full)")
#else
#define LITE_UNROLL _Pragma("GCC unroll 64")
#endif
