// SPDX-License-Identifier: Apache-2.0
// How kernels ask for inlining, for complete unrolling, and for vectors of a loop whose rounds are
// independent, although pointers may be equal.
#pragma once

#define LITE_INLINE inline __attribute__((always_inline))
#if defined(__clang__)
#define LITE_UNROLL _Pragma("clang loop unroll(full)")
#define LITE_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define LITE_UNROLL _Pragma("GCC unroll 64")
#define LITE_INDEPENDENT _Pragma("GCC ivdep")
#endif
