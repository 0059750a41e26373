// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"

#include <cstdio>

namespace lite {

const char* code_sentence(Code code) {
  switch (code) {
#define LITE_STATUS(name, exception, sentence) \
  case Code::k_##name:                         \
    return sentence;
#include "base/status.inc"
#undef LITE_STATUS
  }
  return "Unknown status.";
}

const char* code_exception(Code code) {
  switch (code) {
#define LITE_STATUS(name, exception, sentence) \
  case Code::k_##name:                         \
    return exception;
#include "base/status.inc"
#undef LITE_STATUS
  }
  return "LiteError";
}

Status error(Code code, const char* format, ...) {
  char buffer[1024];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(buffer, sizeof(buffer), format, arguments);
  va_end(arguments);
  return Status(code, buffer);
}

}  // namespace lite
