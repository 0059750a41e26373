// SPDX-License-Identifier: Apache-2.0
// Runs one layer, in turns with the measurement of what it is held against.
#pragma once

#include <cstdlib>
#include <memory>
#include <vector>

#include "bandwidth.h"
#include "kernel_layers.h"
#include "ops/op.h"
#include "peak.h"

namespace lite::bench {

// Memory that ends with its owner.
class Buffer {
 public:
  explicit Buffer(size_t bytes)
      : data_(static_cast<std::byte*>(std::aligned_alloc(64, (bytes + 127) / 64 * 64))) {}
  Buffer(DType dtype, int64_t count);  // filled
  Buffer(const Buffer&) = delete;
  ~Buffer() { std::free(data_); }
  std::byte* data() const { return data_; }

 private:
  std::byte* data_;
};

struct Timing {
  double median_ns = 0, least_ns = 0;
  double share = 0;  // median, of the limit that was measured right after each run
};

// The machine, and what it is measured by.
struct Bench {
  Isa isa;
  Precision precision;
  bool hot;  // weights: one copy of them
  ThreadTeam& team;
  Bandwidth& bandwidth;
};

// Copies of a layer's op that take turns, so that weights are cold, with all they read and write.
class Runner {
 public:
  Runner(const Layer& layer, const Bench& bench);

  const Status& status() const { return status_; }
  const Layer& layer() const { return layer_; }
  const char* kernel() const { return ops_.front()->kernel(); }
  void sample();  // a slice of runs, and the limit right after it
  Timing timing() const;

 private:
  size_t copies() const;
  Status add_copy();
  double slice_ns(int runs);
  double share_of(double ns);

  const Layer& layer_;
  const Bench& bench_;
  DType dtype_;
  Buffer x_, y_, residual_, bias_, scale_;
  std::vector<Tensor> inputs_, outputs_;
  std::vector<std::unique_ptr<Op>> ops_;
  std::unique_ptr<Buffer> scratch_;
  size_t scratch_bytes_ = 0, next_ = 0;
  int runs_ = 1;
  std::vector<double> times_, shares_;
  Status status_;
};

}  // namespace lite::bench
