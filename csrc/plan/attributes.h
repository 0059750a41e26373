// SPDX-License-Identifier: Apache-2.0
// A node's attributes with all extents as numbers.
#pragma once

#include <vector>

#include "nb_generated.h"
#include "ops/op.h"
#include "plan/shapes.h"

namespace lite {

class NodeAttributes final : public Attributes {
 public:
  NodeAttributes(const nb::Node& node, const Extents& extents);

  int64_t integer(const char* name, int64_t fallback) const override;
  float real(const char* name, float fallback) const override;
  bool boolean(const char* name, bool fallback) const override;
  const char* text(const char* name, const char* fallback) const override;
  Span<const int64_t> integers(const char* name) const override;
  Span<const float> reals(const char* name) const override;

 private:
  struct Entry {
    const nb::Attribute* attribute;
    std::vector<int64_t> integers;
  };
  // Null if there is none, or if it is of another kind than asked for.
  const Entry* find(const char* name, nb::AttributeKind kind) const;

  std::vector<Entry> entries_;
};

}  // namespace lite
