// SPDX-License-Identifier: Apache-2.0
// Ops that fold axes. An op gives a struct of static members:
//   kernel         the f32 kernel, a member of reduce::Kernels
//   neutral, fold  the fold of other element types, on Accumulator<T>
//   Accumulator<T> what it is made in
//   kMean          true: divided by the number of folded elements in the end
#pragma once

#include <array>
#include <cstdint>
#include <type_traits>

#include "kernels/reduce/reduce.h"
#include "ops/elementwise/half.h"
#include "ops/elementwise/integers.h"
#include "ops/op.h"

namespace lite {

// Sums and products of integers, in 64 bits; what is cut off later is what would have wrapped
// around.
template <class T>
using WideAccumulator =
    std::conditional_t<std::is_floating_point_v<T>, T,
                       std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>>;

class ReduceBase : public Op {
 public:
  Status prepare(PrepareContext& context) override;
  void run(const RunContext& context) override;

 protected:
  using Finish = void (*)(const void* x, void* y, int64_t count, int64_t folded,
                          const void* parameters);
  struct Choice {
    reduce::Fold first = nullptr;  // from elements to accumulators
    reduce::Fold rest = nullptr;   // from accumulators to accumulators
    Finish finish = nullptr;       // from accumulators to elements; null: they are the same
    size_t accumulator_bytes = 0;
    bool always = false;  // finished even where nothing is folded
  };
  virtual Choice choose(DType dtype, Isa isa) const = 0;
  // What `finish` gets.
  virtual const void* parameters() const { return nullptr; }

 private:
  // One run of neighbouring axes: [outer, folded, inner] -> [outer, inner].
  struct Pass {
    int64_t outer, folded, inner;
  };
  void plan_passes(const Shape& shape, Span<const int64_t> axes);
  void run_pass(const Pass& pass, reduce::Fold fold, const std::byte* x, std::byte* y,
                size_t x_bytes, ThreadTeam& team) const;

  Choice choice_;
  std::array<Pass, kMaxRank> passes_{};
  int count_ = 0;
  int64_t folded_ = 1;  // elements that become one
  size_t element_bytes_ = 0, half_scratch_ = 0;
};

template <class Function, class... Types>
class Reduce final : public ReduceBase {
 private:
  template <class From, class Accumulator>
  static void fold(const void* from, void* to, int64_t rows, int64_t columns, int64_t stride) {
    const From* x = static_cast<const From*>(from);
    Accumulator* y = static_cast<Accumulator*>(to);
    for (int64_t c = 0; c < columns; ++c) y[c] = Function::template neutral<Accumulator>();
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = 0; c < columns; ++c)
        y[c] = Function::fold(y[c], static_cast<Accumulator>(x[r * stride + c]));
  }

  template <class T, class Accumulator>
  static void finish(const void* from, void* to, int64_t count, int64_t folded, const void*) {
    const Accumulator* x = static_cast<const Accumulator*>(from);
    T* y = static_cast<T*>(to);
    for (int64_t i = 0; i < count; ++i) {
      if constexpr (Function::kMean)
        y[i] = static_cast<T>(safe_div(x[i], static_cast<Accumulator>(folded)));
      else
        y[i] = static_cast<T>(x[i]);
    }
  }

  template <class T>
  static void consider(DType dtype, Choice& choice) {
    if (DTypeOf<T>::value != dtype) return;
    using Accumulator = typename Function::template Accumulator<T>;
    choice.first = fold<T, Accumulator>;
    choice.rest = fold<Accumulator, Accumulator>;
    if (Function::kMean || !std::is_same_v<T, Accumulator>) choice.finish = finish<T, Accumulator>;
    choice.accumulator_bytes = sizeof(Accumulator);
  }

  Choice choose(DType dtype, Isa isa) const override {
    Choice choice;
    (consider<Types>(dtype, choice), ...);
    if (dtype == DType::f32) choice.first = choice.rest = reduce::kernels(isa).*Function::kernel;
    return choice;
  }
};

template <class Function>
using NumberReduce = AlsoHalf<Reduce<Function, float, double, int8_t, int16_t, int32_t, int64_t,
                                     uint8_t, uint16_t, uint32_t, uint64_t>>;
template <class Function>
using AnyReduce = AlsoHalf<Reduce<Function, float, double, int8_t, int16_t, int32_t, int64_t,
                                  uint8_t, uint16_t, uint32_t, uint64_t, bool>>;

}  // namespace lite
