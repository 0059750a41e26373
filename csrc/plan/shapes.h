// SPDX-License-Identifier: Apache-2.0
// From the shapes of the inputs to every number of a plan: symbols, formulas, shapes of all values.
#pragma once

#include <string>
#include <vector>

#include "base/span.h"
#include "base/status.h"
#include "base/tensor.h"
#include "nb_generated.h"

namespace lite {

// The numbers behind the extents of one graph for given input shapes.
class Extents {
 public:
  // Fails with Code::k_bad_shape if a shape does not fit the graph's declaration, a symbol is out
  // of its range, or a formula divides by zero or overflows.
  [[nodiscard]] static Result<Extents> bind(const nb::Graph& graph, Span<const Shape> inputs);

  [[nodiscard]] int64_t operator[](const nb::Extent& extent) const {
    return extent.formula() < 0 ? extent.value() : formulas_[static_cast<size_t>(extent.formula())];
  }
  // Checked against kElementLimit.
  [[nodiscard]] Result<Shape> shape_of(const nb::Value& value) const;

 private:
  std::vector<int64_t> formulas_;
};

// "[1, 3, height, 320]": as declared in the file, symbols by name, other formulas as "?".
[[nodiscard]] std::string declared_shape_text(const nb::Graph& graph, uint32_t value);
// The name of the symbol that an extent is; empty if it is a number or another formula.
[[nodiscard]] std::string symbol_name(const nb::Graph& graph, const nb::Extent& extent);
// True if no shape depends on the inputs' extents.
[[nodiscard]] bool has_fixed_inputs(const nb::Graph& graph);

}  // namespace lite
