// SPDX-License-Identifier: Apache-2.0
// CHECK: counts what does not hold; main returns check_result().
#pragma once

#include <cstdio>

inline int& failures() {
  static int count = 0;
  return count;
}

#define CHECK(condition)                                                   \
  do {                                                                     \
    if (!(condition)) {                                                    \
      std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      ++failures();                                                        \
    }                                                                      \
  } while (0)

inline int check_result() {
  if (failures() != 0) std::fprintf(stderr, "%d checks failed\n", failures());
  return failures() == 0 ? 0 : 1;
}
