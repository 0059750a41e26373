// SPDX-License-Identifier: Apache-2.0
// Nets, as lists of layers that are timed one by one.
#pragma once

#include <string>
#include <vector>

#include "base/span.h"
#include "base/tensor.h"

namespace lite::bench {

// What a layer's speed is held against.
enum class Limit { multiplications, bandwidth };

struct Layer {
  std::string name;
  const char* op = "conv2d";
  Shape x, w, y;
  int64_t stride = 1, pad = 0, groups = 1;
  bool residual = false;
  std::string activation = "none";
  bool integers = false;
  Limit limit = Limit::multiplications;
  std::string kernel;  // to pick; "": any
  int turns = 1;       // layers from this one on that are timed in turns

  int64_t outputs() const { return y[y.rank - 1]; }
  double operations() const {
    return 2.0 * static_cast<double>(y.count()) * static_cast<double>(w.count() / outputs());
  }
  double weights_bytes() const { return static_cast<double>(w.count()) * (integers ? 1 : 4); }
};

struct Net {
  const char* name;
  const char* about;
  std::vector<Layer> (*layers)();
};

Span<const Net> all_nets();

// As bytes, layers that ask for an algorithm are left out: those are of floats.
std::vector<Layer> layers_of(const Net& net, bool integers);

}  // namespace lite::bench
