// SPDX-License-Identifier: Apache-2.0
// Convolutions of which each reads what the one before made, and nothing else does: they run
// together in strips of rows, and what lies between them stays in the second cache. A strip keeps
// the rows that the next one reads, too; only where a task begins are rows computed twice.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ops/linear/arguments.h"
#include "ops/linear/depthwise_conv.h"
#include "ops/linear/gemm_conv.h"
#include "ops/linear/tasks.h"

namespace lite::linear {

// What decides where a convolution of a chain is cut.
struct ChainLink {
  Convolution convolution;
  Image in, out;
  size_t weights_bytes = 0;
};

class ConvChain final : public Op {
 public:
  static constexpr size_t kMostLinks = 8;

  // A convolution that could be part of a chain: it multiplies pixels in their own places, or takes
  // each channel by itself. The first one may also copy padded rows of a dense input.
  [[nodiscard]] static std::optional<ChainLink> read_link(const PrepareContext& context,
                                                          bool may_copy);
  // Whether what lies between two links had better stay in the cache.
  [[nodiscard]] static bool is_worth(const Tensor& between, int64_t cache_bytes);
  // Whether strips that are worth their weights stay in the cache.
  [[nodiscard]] static bool fits(Span<const ChainLink> links, int64_t cache_bytes);

  // Of links, 2 to kMostLinks.
  Status prepare(PrepareContext& context) override;
  void run(const RunContext& context) override;
  const char* kernel() const override { return name_.c_str(); }

 private:
  struct Link : ChainLink {
    GemmConv gemm;
    DepthwiseConv depthwise;
    depthwise::Strip strip;  // of the present run
    RunContext context;
    size_t scratch = 0;  // where its own begins
    size_t buffer = 0;   // where its rows lie within a thread's part, but those of the last link
    int64_t row = 0;     // floats of a row in there
  };
  // Where rows of an image lie.
  struct Rows {
    const float* data = nullptr;
    Range range;
  };
  using Ranges = Range[kMostLinks];

  [[nodiscard]] Status prepare_link(PrepareContext& context);
  void cut(const PrepareContext& context);
  void place_buffers();
  void find_rows(const Range& rows, Ranges& wanted) const;
  void run_task(int64_t image, const Range& rows, int thread, std::byte* buffers) const;
  void run_rows(const Link& link, int64_t image, const Range& rows, const Rows& inputs, float* y,
                int thread) const;

  std::vector<Link> links_;
  std::string name_;
  int64_t images_ = 0, height_ = 0;            // of the output
  int64_t strip_rows_ = 1, tasks_ = 1;         // tasks of an image
  size_t links_bytes_ = 0, thread_bytes_ = 0;  // scratch: that of links, then a part per thread
};

}  // namespace lite::linear
