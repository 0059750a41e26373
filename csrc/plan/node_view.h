// SPDX-License-Identifier: Apache-2.0
// What `prepare` of a node sees: its attributes and its operands, inputs before outputs.
#pragma once

#include <memory>

#include "plan/attributes.h"

namespace lite {

class NodeView {
 public:
  // `common` is what all nodes see.
  NodeView(const nb::Node& node, const Extents& extents, const Tensor* operands,
           const PrepareContext& common)
      : context(common), attributes_(node, extents), given_(new bool[node.inputs()->size() + 1]) {
    const size_t inputs = node.inputs()->size();
    for (size_t i = 0; i < inputs; ++i)
      given_[i] = node.inputs()->Get(static_cast<uint32_t>(i)) >= 0;
    context.attributes = &attributes_;
    context.inputs = {operands, inputs};
    context.outputs = {operands + inputs, node.outputs()->size()};
    context.given = {given_.get(), inputs};
  }
  NodeView(const NodeView&) = delete;  // the context points into it
  NodeView& operator=(const NodeView&) = delete;

  PrepareContext context;

 private:
  NodeAttributes attributes_;
  std::unique_ptr<bool[]> given_;
};

}  // namespace lite
