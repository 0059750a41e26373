// SPDX-License-Identifier: Apache-2.0
// StridedCopy: every op that sends each element of a box of the input to a place of its own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/isa.h"
#include "base/span.h"
#include "base/status.h"
#include "base/tensor.h"
#include "base/threads.h"
#include "kernels/copy/copy.h"

namespace lite {

inline constexpr const char kMovableDTypes[] =
    "f32 f16 bf16 f64 s8 u8 s16 u16 s32 u32 s64 u64 bool";

// Strides in elements: forwards, backwards, or 0 (in src only: the element is repeated).
struct CopyAxis {
  int64_t extent = 1;
  int64_t src_stride = 0;
  int64_t dst_stride = 0;
};

// A tensor and an element in it.
struct Place {
  const Tensor& tensor;
  int64_t offset = 0;
};

class StridedCopy {
 public:
  static constexpr int kMaxAxes = 16;
  static constexpr int64_t kTileBytes = 64 * 1024;  // about; fixed, whatever the number of threads

  // dst[dst_offset + sum of i * dst_stride] = src[src_offset + sum of i * src_stride] for every i;
  // the axes come with the innermost of dst last. Refuses what would leave one of the tensors.
  // Merges axes, chooses the walk and cuts it into tiles.
  Status prepare(const Place& src, const Place& dst, Span<const CopyAxis> axes, Isa isa);

  [[nodiscard]] int64_t tiles() const { return outer_tiles_ * cuts_; }
  void run_tile(const std::byte* src, std::byte* dst, int64_t tile) const;
  void run(const std::byte* src, std::byte* dst, ThreadTeam& team) const;

  // The two innermost axes of the walk; strides in bytes.
  struct Unit {
    int64_t rows = 1, columns = 1;
    int64_t src_row = 0, dst_row = 0;
    int64_t src_column = 0, dst_column = 0;
  };

 private:
  enum class Walk { runs, repeat, pick, transpose, elements };

  void arrange(Span<const CopyAxis> axes);
  bool bring_run_of_src();
  void choose_walk();
  void run_unit(const std::byte* src, std::byte* dst, const Unit& unit) const;
  void cut_into_tiles();

  std::array<CopyAxis, kMaxAxes> axes_{};  // outer axes, then rows, then columns; strides in bytes
  int outer_ = 0;
  Unit unit_;
  Walk walk_ = Walk::elements;
  copy::Kernels::Sized kernels_{};
  int64_t element_bytes_ = 1;
  int64_t src_offset_ = 0, dst_offset_ = 0;  // bytes
  int64_t outer_count_ = 0, outer_per_tile_ = 1, outer_tiles_ = 0;
  int64_t cuts_ = 1, cut_ = 0;  // each unit is done in `cuts_` parts of `cut_` rows (or columns)
};

}  // namespace lite
