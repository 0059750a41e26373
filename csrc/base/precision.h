// SPDX-License-Identifier: Apache-2.0
// How exactly a session computes: in floats, or with factors rounded to bf16, or in halves, where
// the processor does that faster.
#pragma once

#include <cstdint>
#include <string>

#include "base/status.h"

namespace lite {

enum class Precision : uint8_t { exact, fast };

[[nodiscard]] constexpr const char* precision_name(Precision precision) {
  return precision == Precision::fast ? "fast" : "exact";
}

[[nodiscard]] inline Result<Precision> precision_named(const std::string& name) {
  for (Precision precision : {Precision::exact, Precision::fast})
    if (name == precision_name(precision)) return precision;
  return error(Code::k_invalid_argument, "precision is '%s', expected 'exact' or 'fast'",
               name.c_str());
}

}  // namespace lite
