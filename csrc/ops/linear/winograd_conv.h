// SPDX-License-Identifier: Apache-2.0
// Convolution by tiles of outputs (kernel family winograd). Its transformed weights are memory that
// stays: (m + 2)^2 / 9 times the weights, that is 1.8 times for m = 2, 4 for 4 and 7.1 for 6.
#pragma once

#include <type_traits>
#include <vector>

#include "base/arena.h"
#include "kernels/hwinograd/hwinograd.h"
#include "kernels/winograd/winograd.h"
#include "ops/linear/arguments.h"
#include "ops/linear/half_weights.h"
#include "ops/linear/tasks.h"

namespace lite::linear {

// Of floats or, where the processor has arithmetic on them, of halves: then m is 2 or 4.
template <class T>
class WinogradConvOf {
 public:
  // m of the algorithm F(m, 3) that the context names, else of the one that is expected to be
  // fastest, or 0 for a direct convolution: where tiles would save too little, and where the window
  // is not 3 x 3, or strided, dilated or grouped, or the weights are not constant floats. A direct
  // convolution may be so many times as fast as one by products of floats.
  [[nodiscard]] static int choose(const PrepareContext& context, const Window& window,
                                  double direct_speed = 1.0);
  // Appends the names of all sizes that fit and whose weights are not too many.
  static void add_names(const PrepareContext& context, const Window& window,
                        std::vector<const char*>& names);
  // Shapes have been checked, and the convolution fits; m is 2, 4 or 6.
  [[nodiscard]] Status prepare(PrepareContext& context, const Window& window,
                               const Activation& activation, int m);
  void run(const RunContext& context) const;
  [[nodiscard]] const char* kernel() const;

 private:
  using Tiles = winograd::TilesOf<T>;
  using Algorithm =
      std::conditional_t<std::is_same_v<T, Half>, hwinograd::Algorithm, winograd::Algorithm>;
  void take_algorithm(Isa isa, int m);
  [[nodiscard]] Status transform_weights(const Tensor& weights, Isa isa, ThreadTeam* team);
  void cut();
  void run_block(const RunContext& context, int64_t block, int thread, std::byte* scratch) const;
  T* packed_at(const RunContext& context, int thread) const;
  void run_block_together(const RunContext& context, int64_t block) const;
  [[nodiscard]] Range tiles_of(int64_t block) const;
  [[nodiscard]] Tiles tiles(const RunContext& context, const Range& range) const;
  void transform_inputs(const RunContext& context, const Range& block, const Range& part,
                        std::byte* scratch) const;
  void multiply(const Range& block, int64_t point, std::byte* scratch, T* packed) const;
  void transform_outputs(const RunContext& context, const Range& block, const Range& part,
                         std::byte* scratch) const;

  const typename Products<T>::Kernels* gemm_ = nullptr;
  const Algorithm* algorithm_ = nullptr;
  Tiles images_;  // all that does not change from run to run
  int m_ = 0;
  int64_t points_ = 0, tiles_ = 0, blocks_ = 0;
  bool together_ = false;  // all threads work on one block
  Memory weights_;         // [point][panel][channel][16]
  // Scratch: zeros, then for each block that is worked on its points before and after the products,
  // then for each thread rows that its product packs.
  int64_t in_stride_ = 0, in_point_ = 0, out_stride_ = 0, out_point_ = 0;  // in elements
  size_t zeros_bytes_ = 0, in_bytes_ = 0, block_bytes_ = 0, packed_ = 0, packed_bytes_ = 0;
};
using WinogradConv = WinogradConvOf<float>;

}  // namespace lite::linear
