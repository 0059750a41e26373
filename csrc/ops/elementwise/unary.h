// SPDX-License-Identifier: Apache-2.0
// Ops y = f(x), element by element. An op gives a struct of static members:
//   kernel      the f32 kernel, a member of unary::Kernels; absent: f32 goes through apply, too
//   apply       the function for other element types (a template if there are several)
//   parameters  (optional) reads the attributes
//   Result      (optional) the output's element type, if it is not that of the input
#pragma once

#include <type_traits>

#include "kernels/unary/unary.h"
#include "ops/elementwise/half.h"
#include "ops/op.h"

namespace lite {

namespace detail {

template <class Function, class = void>
struct KernelOf {
  static constexpr unary::Map unary::Kernels::* value = nullptr;
};
template <class Function>
struct KernelOf<Function, std::void_t<decltype(Function::kernel)>> {
  static constexpr unary::Map unary::Kernels::* value = Function::kernel;
};

template <class Function, class = void>
struct ParametersOf {
  static unary::Parameters read(const Attributes&) { return {}; }
};
template <class Function>
struct ParametersOf<Function, std::void_t<decltype(&Function::parameters)>> {
  static unary::Parameters read(const Attributes& attributes) {
    return Function::parameters(attributes);
  }
};

template <class Function, class T, class = void>
struct ResultOf {
  using type = T;
};
template <class Function, class T>
struct ResultOf<Function, T, std::void_t<typename Function::Result>> {
  using type = typename Function::Result;
};

}  // namespace detail

class UnaryBase : public Op {
 public:
  Status prepare(PrepareContext& context) override;
  void run(const RunContext& context) override;

 protected:
  using Loop = void (*)(const void* x, void* y, int64_t count, const unary::Parameters& parameters);
  struct Choice {
    unary::Map map = nullptr;  // of f32
    Loop loop = nullptr;       // of other types
    DType result = DType::f32;
  };
  virtual Choice choose(DType dtype, Isa isa) const = 0;
  virtual unary::Parameters parameters(const Attributes& attributes) const = 0;

 private:
  Choice choice_;
  unary::Parameters parameters_;
  size_t x_bytes_ = 0, y_bytes_ = 0;  // of an element
};

template <class Function, class... Types>
class Unary final : public UnaryBase {
 private:
  template <class T>
  static void loop(const void* x, void* y, int64_t count, const unary::Parameters& parameters) {
    const unary::Parameters p = parameters;
    const T* from = static_cast<const T*>(x);
    auto* to = static_cast<typename detail::ResultOf<Function, T>::type*>(y);
    for (int64_t i = 0; i < count; ++i) to[i] = Function::apply(from[i], p);
  }

  Choice choose(DType dtype, Isa isa) const override {
    Choice choice;
    if (detail::KernelOf<Function>::value != nullptr && dtype == DType::f32) {
      choice.map = unary::kernels(isa).*detail::KernelOf<Function>::value;
      return choice;
    }
    (consider<Types>(dtype, choice), ...);
    return choice;
  }
  template <class T>
  static void consider(DType dtype, Choice& choice) {
    if (DTypeOf<T>::value != dtype) return;
    choice.loop = loop<T>;
    choice.result = DTypeOf<typename detail::ResultOf<Function, T>::type>::value;
  }

  unary::Parameters parameters(const Attributes& attributes) const override {
    return detail::ParametersOf<Function>::read(attributes);
  }
};

// f32 through its kernel, f64 through apply, f16 by way of f32.
template <class Function>
using FloatUnary = AlsoHalf<Unary<Function, double>>;
// f32 and f64 through apply, f16 by way of f32.
template <class Function>
using PlainFloatUnary = AlsoHalf<Unary<Function, float, double>>;

}  // namespace lite
