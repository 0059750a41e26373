// SPDX-License-Identifier: Apache-2.0
// Ops y = f(a, b), element by element, broadcast. An op gives a struct of static members:
//   kernel  the f32 kernel, a member of binary::Kernels; absent: f32 goes through apply, too
//   apply   the function for other element types
//   Result  (optional) the output's element type, if it is not that of the operands
#pragma once

#include <type_traits>

#include "kernels/binary/binary.h"
#include "ops/elementwise/broadcast.h"
#include "ops/elementwise/half.h"
#include "ops/op.h"

namespace lite {

namespace detail {

template <class Function, class = void>
struct BinaryKernelOf {
  static constexpr binary::Apply binary::Kernels::* value = nullptr;
};
template <class Function>
struct BinaryKernelOf<Function, std::void_t<decltype(Function::kernel)>> {
  static constexpr binary::Apply binary::Kernels::* value = Function::kernel;
};

template <class Function, class T, class = void>
struct BinaryResultOf {
  using type = T;
};
template <class Function, class T>
struct BinaryResultOf<Function, T, std::void_t<typename Function::Result>> {
  using type = typename Function::Result;
};

}  // namespace detail

class BinaryBase : public Op {
 public:
  Status prepare(PrepareContext& context) override;
  void run(const RunContext& context) override;

 protected:
  struct Choice {
    binary::Apply apply = nullptr;
    DType result = DType::f32;
  };
  virtual Choice choose(DType dtype, Isa isa) const = 0;
  // What kernels find in Rows::parameters.
  virtual const void* parameters() const { return nullptr; }

 private:
  void apply(binary::Rows rows) const {
    rows.parameters = parameters();
    choice_.apply(rows);
  }
  void plan_repetition(PrepareContext& context);
  void run_rows(binary::Rows rows, ThreadTeam& team) const;
  void run_repeated(const RunContext& context) const;

  Choice choice_;
  Broadcast broadcast_;
  int64_t repeats_ = 0;       // how often a short row is repeated in scratch; 0: it is not
  int repeated_operand_ = 0;  // 0: a, 1: b
  int64_t operand_bytes_ = 0, result_bytes_ = 0;  // of an element
};

template <class Function, class... Types>
class Binary final : public BinaryBase {
 private:
  template <class T>
  static void apply(const binary::Rows& rows) {
    const T* a = static_cast<const T*>(rows.a);
    const T* b = static_cast<const T*>(rows.b);
    auto* y = static_cast<typename detail::BinaryResultOf<Function, T>::type*>(rows.y);
    for (int64_t r = 0; r < rows.rows; ++r) {
      for (int64_t c = 0; c < rows.columns; ++c)
        y[c] = Function::apply(a[c * rows.a_step], b[c * rows.b_step]);
      a += rows.a_row;
      b += rows.b_row;
      y += rows.columns;
    }
  }

  Choice choose(DType dtype, Isa isa) const override {
    Choice choice;
    (consider<Types>(dtype, choice), ...);
    if (detail::BinaryKernelOf<Function>::value != nullptr && dtype == DType::f32)
      choice.apply = binary::kernels(isa).*detail::BinaryKernelOf<Function>::value;
    return choice;
  }
  template <class T>
  static void consider(DType dtype, Choice& choice) {
    if (DTypeOf<T>::value != dtype) return;
    choice.apply = apply<T>;
    choice.result = DTypeOf<typename detail::BinaryResultOf<Function, T>::type>::value;
  }
};

// All numbers; f16 by way of f32.
template <class Function>
using NumberBinary = AlsoHalf<Binary<Function, float, double, int8_t, int16_t, int32_t, int64_t,
                                     uint8_t, uint16_t, uint32_t, uint64_t>>;
inline constexpr const char* kNumbers = "f32 f16 f64 s8 u8 s16 u16 s32 u32 s64 u64";

template <class Function>
using IntegerBinary =
    Binary<Function, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t>;
inline constexpr const char* kIntegers = "s8 u8 s16 u16 s32 u32 s64 u64";

}  // namespace lite
