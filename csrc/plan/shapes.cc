// SPDX-License-Identifier: Apache-2.0
#include "plan/shapes.h"

#include <algorithm>
#include <array>

#include "nb/check.h"
#include "ops/checks.h"

namespace lite {
namespace {

// Folds the two values on top; false if the result is no int64. Floors as Python does.
bool fold(nb::FormulaCode code, int64_t left, int64_t right, int64_t* result) {
  switch (code) {
    case nb::FormulaCode_add:
      return !__builtin_add_overflow(left, right, result);
    case nb::FormulaCode_multiply:
      return !__builtin_mul_overflow(left, right, result);
    case nb::FormulaCode_floor_divide: {
      if (right == 0 || (right == -1 && left == INT64_MIN)) return false;
      const int64_t quotient = left / right;
      *result = quotient - ((left % right != 0 && (left < 0) != (right < 0)) ? 1 : 0);
      return true;
    }
    case nb::FormulaCode_maximum:
      *result = std::max(left, right);
      return true;
    case nb::FormulaCode_minimum:
      *result = std::min(left, right);
      return true;
    default:
      return false;
  }
}

// The loader has checked the stack's discipline and its height.
Result<int64_t> evaluate(const nb::Formula& formula, Span<const int64_t> symbols) {
  std::array<int64_t, kFormulaDepth> stack;
  size_t height = 0;
  for (const nb::FormulaStep* step : *formula.steps()) {
    if (step->code() == nb::FormulaCode_constant) {
      stack[height++] = step->operand();
    } else if (step->code() == nb::FormulaCode_symbol) {
      stack[height++] = symbols[static_cast<size_t>(step->operand())];
    } else {
      --height;
      if (!fold(step->code(), stack[height - 1], stack[height], &stack[height - 1]))
        return error(Code::k_bad_shape,
                     "an extent's formula divides by zero or overflows for these input shapes");
    }
  }
  return stack[0];
}

Status check_symbol(const nb::Symbol& symbol, int64_t extent, const char* input) {
  if (extent < symbol.smallest() || extent > symbol.greatest())
    return error(Code::k_bad_shape,
                 "input '%s': extent %lld of axis %u (%s) is out of range, expected %lld to %lld",
                 input, static_cast<long long>(extent), symbol.axis(), symbol.name()->c_str(),
                 static_cast<long long>(symbol.smallest()),
                 static_cast<long long>(symbol.greatest()));
  return Status();
}

const nb::Value& input_value(const nb::Graph& graph, uint32_t input) {
  return *graph.values()->Get(graph.inputs()->Get(input));
}

Status shape_mismatch(const nb::Graph& graph, uint32_t input, const Shape& given) {
  return error(Code::k_bad_shape, "input '%s': got shape %s, expected %s",
               input_value(graph, input).name()->c_str(), shape_text(given).c_str(),
               declared_shape_text(graph, graph.inputs()->Get(input)).c_str());
}

Result<std::vector<int64_t>> bind_symbols(const nb::Graph& graph, Span<const Shape> inputs) {
  std::vector<int64_t> symbols;
  for (uint32_t i = 0; i < inputs.size(); ++i)
    if (inputs[i].rank != static_cast<int>(input_value(graph, i).shape()->size()))
      return shape_mismatch(graph, i, inputs[i]);
  for (const nb::Symbol* symbol : *graph.symbols()) {
    const int64_t extent = inputs[symbol->input()][static_cast<int>(symbol->axis())];
    LITE_RETURN_IF_ERROR(
        check_symbol(*symbol, extent, input_value(graph, symbol->input()).name()->c_str()));
    symbols.push_back(extent);
  }
  return symbols;
}

}  // namespace

Result<Extents> Extents::bind(const nb::Graph& graph, Span<const Shape> inputs) {
  if (inputs.size() != graph.inputs()->size())
    return error(Code::k_bad_shape, "got shapes for %zu inputs, expected %u", inputs.size(),
                 graph.inputs()->size());
  LITE_ASSIGN_OR_RETURN(const std::vector<int64_t> symbols, bind_symbols(graph, inputs));
  Extents extents;
  for (const nb::Formula* formula : *graph.formulas()) {
    LITE_ASSIGN_OR_RETURN(const int64_t number, evaluate(*formula, symbols));
    extents.formulas_.push_back(number);
  }
  for (uint32_t i = 0; i < inputs.size(); ++i) {
    LITE_ASSIGN_OR_RETURN(const Shape expected, extents.shape_of(input_value(graph, i)));
    if (expected != inputs[i]) return shape_mismatch(graph, i, inputs[i]);
  }
  return extents;
}

Result<Shape> Extents::shape_of(const nb::Value& value) const {
  Shape shape;
  int64_t count = 1;
  for (const nb::Extent* extent : *value.shape()) {
    const int64_t number = (*this)[*extent];
    shape[shape.rank++] = number;
    if (number < 0 || number >= kExtentLimit ||
        __builtin_mul_overflow(count, std::max<int64_t>(number, 1), &count) ||
        count >= kElementLimit)
      return error(Code::k_bad_shape, "value '%s' would have shape %s: negative or too large",
                   value.name()->c_str(), shape_text(shape).c_str());
  }
  return shape;
}

std::string symbol_name(const nb::Graph& graph, const nb::Extent& extent) {
  if (extent.formula() < 0) return "";
  const auto& steps = *graph.formulas()->Get(static_cast<uint32_t>(extent.formula()))->steps();
  if (steps.size() != 1 || steps.Get(0)->code() != nb::FormulaCode_symbol) return "";
  return graph.symbols()->Get(static_cast<uint32_t>(steps.Get(0)->operand()))->name()->str();
}

std::string declared_shape_text(const nb::Graph& graph, uint32_t value) {
  std::string text;
  for (const nb::Extent* extent : *graph.values()->Get(value)->shape()) {
    const std::string name = symbol_name(graph, *extent);
    text += text.empty() ? "" : ", ";
    text += extent->formula() < 0 ? std::to_string(extent->value()) : name.empty() ? "?" : name;
  }
  return "[" + text + "]";
}

bool has_fixed_inputs(const nb::Graph& graph) {
  for (uint32_t input : *graph.inputs())
    for (const nb::Extent* extent : *graph.values()->Get(input)->shape())
      if (extent->formula() >= 0) return false;
  return true;
}

}  // namespace lite
