// SPDX-License-Identifier: Apache-2.0
// Rows: an output made of equally long runs, each copied from a place that is found while running.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/threads.h"

namespace lite {

class Rows {
 public:
  Rows() = default;
  Rows(int64_t count, int64_t row_bytes)
      : count_(row_bytes > 0 ? count : 0), row_bytes_(row_bytes) {
    per_tile_ = std::max<int64_t>(kTileBytes / std::max<int64_t>(row_bytes, 16), 1);
  }

  [[nodiscard]] int64_t row_bytes() const { return row_bytes_; }

  // Row i of dst gets the bytes at source(i).
  template <class Source>
  void copy(std::byte* dst, ThreadTeam& team, const Source& source) const {
    each_tile(team, [&](int64_t begin, int64_t end) {
      switch (row_bytes_) {
        case 1:
          return copy_fixed<1>(dst, begin, end, source);
        case 2:
          return copy_fixed<2>(dst, begin, end, source);
        case 4:
          return copy_fixed<4>(dst, begin, end, source);
        case 8:
          return copy_fixed<8>(dst, begin, end, source);
        default:
          break;
      }
      for (int64_t row = begin; row < end; ++row)
        std::memcpy(dst + row * row_bytes_, source(row), static_cast<size_t>(row_bytes_));
    });
  }

  // body(begin, end) for tiles of rows; inline if there is one.
  template <class Body>
  void each_tile(ThreadTeam& team, const Body& body) const {
    const int64_t tiles = (count_ + per_tile_ - 1) / per_tile_;
    if (tiles == 1) return body(int64_t{0}, count_);
    team.parallel_for(tiles, [&](int64_t tile) {
      body(tile * per_tile_, std::min((tile + 1) * per_tile_, count_));
    });
  }

 private:
  static constexpr int64_t kTileBytes = 64 * 1024;

  template <size_t kBytes, class Source>
  static void copy_fixed(std::byte* dst, int64_t begin, int64_t end, const Source& source) {
    for (int64_t row = begin; row < end; ++row)
      std::memcpy(dst + row * static_cast<int64_t>(kBytes), source(row), kBytes);
  }

  int64_t count_ = 0, row_bytes_ = 0, per_tile_ = 1;
};

}  // namespace lite
