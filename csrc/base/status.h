// SPDX-License-Identifier: Apache-2.0
// Status: every fallible call of the core returns one; the text says what, expected, where, hint.
#pragma once

#include <cstdarg>
#include <optional>
#include <string>
#include <utility>

namespace lite {

enum class Code : int {
#define LITE_STATUS(name, exception, sentence) k_##name,
#include "base/status.inc"
#undef LITE_STATUS
};

[[nodiscard]] const char* code_sentence(Code code);
[[nodiscard]] const char* code_exception(Code code);

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Code code, std::string text) : code_(code), text_(std::move(text)) {}

  bool ok() const { return code_ == Code::k_ok; }
  Code code() const { return code_; }
  const std::string& text() const { return text_; }

  // "while loading m.nb: <text>": adds the place as an error travels up.
  Status at(const std::string& where) && {
    if (!ok()) text_ = where + ": " + text_;
    return std::move(*this);
  }

 private:
  Code code_ = Code::k_ok;
  std::string text_;
};

// printf-style construction: error(Code::k_bad_shape, "input '%s' has rank %d, expected 4", ...).
[[nodiscard]] Status error(Code code, const char* format, ...)
    __attribute__((format(printf, 2, 3)));

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}
  Result(Status status) : status_(std::move(status)) {}

  bool ok() const { return status_.ok(); }
  const Status& status() const& { return status_; }
  Status status() && { return std::move(status_); }
  T& value() & { return *value_; }
  const T& value() const& { return *value_; }
  T&& value() && { return std::move(*value_); }

 private:
  Status status_;
  std::optional<T> value_;
};

}  // namespace lite

#define LITE_CONCAT_(a, b) a##b
#define LITE_CONCAT(a, b) LITE_CONCAT_(a, b)
#define LITE_RETURN_IF_ERROR(expression)         \
  do {                                           \
    ::lite::Status lite_status_ = (expression);  \
    if (!lite_status_.ok()) return lite_status_; \
  } while (0)
#define LITE_ASSIGN_OR_RETURN(declaration, expression)              \
  auto LITE_CONCAT(lite_result_, __LINE__) = (expression);          \
  if (!LITE_CONCAT(lite_result_, __LINE__).ok())                    \
    return std::move(LITE_CONCAT(lite_result_, __LINE__)).status(); \
  declaration = std::move(LITE_CONCAT(lite_result_, __LINE__)).value()
