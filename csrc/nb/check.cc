// SPDX-License-Identifier: Apache-2.0
#include "nb/check.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/arena.h"
#include "base/sparse.h"
#include "base/tensor.h"

namespace lite {
namespace {

constexpr size_t kGreatestFormulaSteps = 4096;
constexpr size_t kGreatestNodeValues = 65536;
constexpr size_t kGreatestValues = 1 << 16;

using Extents = flatbuffers::Vector<const nb::Extent*>;

// FlatBuffers' verifier leaves this out for vectors of structs.
template <class Struct>
Status check_aligned(const flatbuffers::Vector<const Struct*>& structs) {
  if (structs.size() == 0 || reinterpret_cast<uintptr_t>(structs.Data()) % alignof(Struct) == 0)
    return Status();
  return error(Code::k_corrupt_file, "a list is not aligned");
}

class GraphChecker {
 public:
  GraphChecker(const nb::Graph& graph, Span<const std::byte> weights)
      : graph_(graph), weights_(weights), written_(graph.values()->size(), false) {}

  [[nodiscard]] Status check() {
    if (graph_.values()->size() > kGreatestValues)
      return error(Code::k_corrupt_file, "there are %u values, expected at most %zu",
                   graph_.values()->size(), kGreatestValues);
    LITE_RETURN_IF_ERROR(check_formulas());
    LITE_RETURN_IF_ERROR(check_values());
    LITE_RETURN_IF_ERROR(check_inputs());
    LITE_RETURN_IF_ERROR(check_symbols());
    LITE_RETURN_IF_ERROR(check_nodes());
    return check_outputs();
  }

 private:
  [[nodiscard]] Status check_formulas() const;
  [[nodiscard]] Status check_formula(const nb::Formula& formula) const;
  [[nodiscard]] Status check_values();
  [[nodiscard]] Status check_shape(const Extents& shape, bool constant) const;
  [[nodiscard]] Status check_constant(const nb::Value& value);
  [[nodiscard]] Status check_bools(const nb::Constant& constant);
  [[nodiscard]] Status check_sparse_constant(const nb::Value& value);
  [[nodiscard]] Status look_at(const std::array<uint64_t, 4>& stretch, bool* seen);
  [[nodiscard]] Status check_inputs();
  [[nodiscard]] Status check_symbols() const;
  [[nodiscard]] Status check_nodes();
  [[nodiscard]] Status check_node(const nb::Node& node);
  [[nodiscard]] Status check_packed(const nb::Node& node, size_t position) const;
  [[nodiscard]] Status check_attribute(const nb::Attribute& attribute) const;
  [[nodiscard]] Status check_outputs() const;
  [[nodiscard]] Status write(uint32_t value);
  [[nodiscard]] Status check_extent(const nb::Extent& extent) const;

  const nb::Graph& graph_;
  Span<const std::byte> weights_;
  std::vector<bool> written_;
  std::set<std::array<uint64_t, 4>> seen_;  // stretches of constants that were looked at
  uint64_t seen_bytes_ = 0;
};

Status GraphChecker::check_formulas() const {
  for (uint32_t i = 0; i < graph_.formulas()->size(); ++i)
    LITE_RETURN_IF_ERROR(
        check_formula(*graph_.formulas()->Get(i)).at("formula " + std::to_string(i)));
  return Status();
}

Status GraphChecker::check_formula(const nb::Formula& formula) const {
  size_t height = 0;
  if (formula.steps()->size() > kGreatestFormulaSteps)
    return error(Code::k_corrupt_file, "%u steps, expected at most %zu", formula.steps()->size(),
                 kGreatestFormulaSteps);
  LITE_RETURN_IF_ERROR(check_aligned(*formula.steps()));
  for (const nb::FormulaStep* step : *formula.steps()) {
    if (step->code() > nb::FormulaCode_MAX)
      return error(Code::k_corrupt_file, "there is no step code %d", step->code());
    if (step->code() == nb::FormulaCode_symbol &&
        (step->operand() < 0 || step->operand() >= graph_.symbols()->size()))
      return error(Code::k_corrupt_file, "there is no symbol %lld",
                   static_cast<long long>(step->operand()));
    const bool pushes =
        step->code() == nb::FormulaCode_constant || step->code() == nb::FormulaCode_symbol;
    if (!pushes && height < 2)
      return error(Code::k_corrupt_file, "a step reads more than was pushed");
    height += pushes ? 1 : -1;
    if (height > kFormulaDepth)
      return error(Code::k_corrupt_file, "the stack grows over %zu values", kFormulaDepth);
  }
  if (height != 1) return error(Code::k_corrupt_file, "%zu values are left, expected 1", height);
  return Status();
}

Status GraphChecker::check_values() {
  for (uint32_t i = 0; i < graph_.values()->size(); ++i) {
    const nb::Value& value = *graph_.values()->Get(i);
    const std::string where = "value '" + value.name()->str() + "'";
    if (value.dtype() > nb::DType_MAX)
      return error(Code::k_corrupt_file, "there is no element type %d", value.dtype()).at(where);
    LITE_RETURN_IF_ERROR(check_shape(*value.shape(), value.constant() != nullptr).at(where));
    if (value.constant() == nullptr) continue;
    LITE_RETURN_IF_ERROR(check_constant(value).at(where));
    LITE_RETURN_IF_ERROR(write(i));
  }
  return Status();
}

Status GraphChecker::check_extent(const nb::Extent& extent) const {
  if (extent.formula() < -1 || extent.formula() >= static_cast<int64_t>(graph_.formulas()->size()))
    return error(Code::k_corrupt_file, "there is no formula %d", extent.formula());
  return Status();
}

Status GraphChecker::check_shape(const Extents& shape, bool constant) const {
  if (shape.size() > kMaxRank)
    return error(Code::k_corrupt_file, "rank %u, expected at most %d", shape.size(), kMaxRank);
  LITE_RETURN_IF_ERROR(check_aligned(shape));
  int64_t count = 1;
  for (const nb::Extent* extent : shape) {
    LITE_RETURN_IF_ERROR(check_extent(*extent));
    if (extent->formula() >= 0) {
      if (constant) return error(Code::k_corrupt_file, "a constant's shape has a formula");
      continue;
    }
    if (extent->value() < 0)
      return error(Code::k_corrupt_file, "negative extent %lld",
                   static_cast<long long>(extent->value()));
    if (extent->value() >= kExtentLimit)
      return error(Code::k_corrupt_file, "an extent of 2^31 or more");
    // An extent of 0 does not excuse the others: products of some of them are formed too.
    if (extent->value() == 0) continue;
    if (__builtin_mul_overflow(count, extent->value(), &count) || count >= kElementLimit)
      return error(Code::k_corrupt_file, "2^40 elements or more");
  }
  return Status();
}

Status GraphChecker::check_constant(const nb::Value& value) {
  const nb::Constant& constant = *value.constant();
  if (constant.packing() > nb::Packing_MAX)
    return error(Code::k_corrupt_file, "there is no packing %d", constant.packing());
  if (constant.offset() > weights_.size() || constant.size() > weights_.size() - constant.offset())
    return error(Code::k_corrupt_file, "bytes %llu + %llu lie outside the weights (%zu bytes)",
                 static_cast<unsigned long long>(constant.offset()),
                 static_cast<unsigned long long>(constant.size()), weights_.size());
  if (constant.offset() % kAlignment != 0)
    return error(Code::k_corrupt_file, "the data is not 64-byte aligned");
  if (constant.packing() == nb::Packing_sparse) return check_sparse_constant(value);
  uint64_t count = 1;
  for (const nb::Extent* extent : *value.shape()) count *= static_cast<uint64_t>(extent->value());
  const uint64_t logical = count * dtype_size_bytes(static_cast<DType>(value.dtype()));
  const bool plain = constant.packing() == nb::Packing_plain;
  if (plain ? constant.size() != logical : constant.size() < logical)
    return error(Code::k_corrupt_file, "%llu bytes of data, the type and shape need %llu",
                 static_cast<unsigned long long>(constant.size()),
                 static_cast<unsigned long long>(logical));
  return value.dtype() == nb::DType_boolean ? check_bools(constant) : Status();
}

// Each stretch of bytes, its offset, size and extents, is looked at once: many constants may share
// one, but not overlap otherwise.
Status GraphChecker::look_at(const std::array<uint64_t, 4>& stretch, bool* seen) {
  *seen = !seen_.insert(stretch).second;
  if (*seen) return Status();
  seen_bytes_ += stretch[1];
  return seen_bytes_ <= weights_.size() ? Status()
                                        : error(Code::k_corrupt_file, "constants overlap");
}

Status GraphChecker::check_sparse_constant(const nb::Value& value) {
  const nb::Constant& constant = *value.constant();
  const Extents& shape = *value.shape();
  if (value.dtype() != nb::DType_f32 || shape.size() != 4 || shape.Get(2)->value() != 1 ||
      shape.Get(3)->value() != 1)
    return error(Code::k_corrupt_file, "only floats [n, k, 1, 1] can be sparse");
  const auto n = static_cast<uint64_t>(shape.Get(0)->value());
  const auto k = static_cast<uint64_t>(shape.Get(1)->value());
  bool seen = false;
  LITE_RETURN_IF_ERROR(look_at({constant.offset(), constant.size(), n, k}, &seen));
  if (seen) return Status();
  const auto size_bytes = static_cast<size_t>(constant.size());  // it lies in the weights
  return check_sparse({weights_.data() + constant.offset(), size_bytes}, n, k);
}

Status GraphChecker::check_bools(const nb::Constant& constant) {
  bool seen = false;
  LITE_RETURN_IF_ERROR(look_at({constant.offset(), constant.size(), 0, 0}, &seen));
  if (seen) return Status();
  const std::byte* data = weights_.data() + constant.offset();
  if (std::any_of(data, data + constant.size(), [](std::byte byte) { return byte > std::byte{1}; }))
    return error(Code::k_corrupt_file, "a truth value is neither 0 nor 1");
  return Status();
}

Status GraphChecker::write(uint32_t value) {
  if (value >= written_.size()) return error(Code::k_corrupt_file, "there is no value %u", value);
  if (written_[value])
    return error(Code::k_corrupt_file, "value '%s' is written twice",
                 graph_.values()->Get(value)->name()->c_str());
  written_[value] = true;
  return Status();
}

Status GraphChecker::check_inputs() {
  for (uint32_t input : *graph_.inputs())
    LITE_RETURN_IF_ERROR(write(input).at("the graph's inputs"));
  return Status();
}

Status GraphChecker::check_symbols() const {
  for (uint32_t i = 0; i < graph_.symbols()->size(); ++i) {
    const nb::Symbol& symbol = *graph_.symbols()->Get(i);
    const char* name = symbol.name()->c_str();
    if (symbol.input() >= graph_.inputs()->size())
      return error(Code::k_corrupt_file, "symbol '%s' belongs to input %u of %u", name,
                   symbol.input(), graph_.inputs()->size());
    const nb::Value& value = *graph_.values()->Get(graph_.inputs()->Get(symbol.input()));
    if (symbol.axis() >= value.shape()->size())
      return error(Code::k_corrupt_file, "symbol '%s' belongs to axis %u of rank %u", name,
                   symbol.axis(), value.shape()->size());
    if (symbol.smallest() < 0 || symbol.greatest() < symbol.smallest())
      return error(Code::k_corrupt_file, "symbol '%s' has the range %lld to %lld", name,
                   static_cast<long long>(symbol.smallest()),
                   static_cast<long long>(symbol.greatest()));
  }
  return Status();
}

Status GraphChecker::check_nodes() {
  for (uint32_t i = 0; i < graph_.nodes()->size(); ++i) {
    const nb::Node& node = *graph_.nodes()->Get(i);
    LITE_RETURN_IF_ERROR(
        check_node(node).at("node " + std::to_string(i) + " '" + node.name()->str() + "'"));
  }
  return Status();
}

Status GraphChecker::check_node(const nb::Node& node) {
  if (node.inputs()->size() > kGreatestNodeValues || node.outputs()->size() > kGreatestNodeValues)
    return error(Code::k_corrupt_file, "too many inputs or outputs");
  if (node.outputs()->size() == 0) return error(Code::k_corrupt_file, "there is no output");
  for (uint32_t i = 0; i < node.attributes()->size(); ++i) {
    const nb::Attribute& attribute = *node.attributes()->Get(i);
    if (i != 0 &&
        node.attributes()->Get(i - 1)->name()->string_view() >= attribute.name()->string_view())
      return error(Code::k_corrupt_file, "attribute '%s' is repeated or out of order",
                   attribute.name()->c_str());
    LITE_RETURN_IF_ERROR(
        check_attribute(attribute).at("attribute '" + attribute.name()->str() + "'"));
  }
  for (uint32_t position = 0; position < node.inputs()->size(); ++position) {
    const int32_t input = node.inputs()->Get(position);
    if (input == -1) continue;
    if (input < 0 || static_cast<size_t>(input) >= written_.size())
      return error(Code::k_corrupt_file, "input %u: there is no value %d", position, input);
    if (!written_[static_cast<size_t>(input)])
      return error(Code::k_corrupt_file, "value '%s' is read before it is written",
                   graph_.values()->Get(static_cast<uint32_t>(input))->name()->c_str());
    LITE_RETURN_IF_ERROR(check_packed(node, position));
  }
  for (uint32_t output : *node.outputs()) LITE_RETURN_IF_ERROR(write(output));
  return Status();
}

int64_t integer_attribute(const nb::Node& node, const char* name, nb::AttributeKind kind,
                          int64_t fallback) {
  for (const nb::Attribute* attribute : *node.attributes())
    if (attribute->name()->string_view() == name && attribute->kind() == kind)
      return attribute->integers()->Get(0)->value();
  return fallback;
}

// Elements of p16, [groups][ceil(n / 16)][k][16], or of p16x4, which fills k up to whole quads for
// each row of the window; 0 if the shape cannot be packed. A matrix is [k, n], or [n, k] if
// transposed.
uint64_t panels_count(const Extents& shape, uint64_t groups, bool transposed, bool quads) {
  const auto extent = [&shape](uint32_t axis) {
    return static_cast<uint64_t>(shape.Get(axis)->value());
  };
  uint64_t n = 0, rows = 1, k = 0, count = 0;
  if (shape.size() == 2) {
    n = extent(transposed ? 0 : 1);
    k = extent(transposed ? 1 : 0);
  } else {
    if (groups == 0 || extent(0) % groups != 0) return 0;
    n = extent(0) / groups;
    rows = extent(2);
    k = extent(1) * extent(3);
  }
  if (quads) k = (k + 3) / 4 * 4;
  if (__builtin_mul_overflow((n + 15) / 16 * 16, k, &count) ||
      __builtin_mul_overflow(count, rows, &count) || __builtin_mul_overflow(count, groups, &count))
    return 0;
  return count;
}

Status GraphChecker::check_packed(const nb::Node& node, size_t position) const {
  const nb::Value& value = *graph_.values()->Get(
      static_cast<uint32_t>(node.inputs()->Get(static_cast<uint32_t>(position))));
  if (value.constant() == nullptr || value.constant()->packing() == nb::Packing_plain)
    return Status();
  const uint32_t rank = value.shape()->size();
  const int64_t groups = integer_attribute(node, "groups", nb::AttributeKind_integer, 1);
  const bool transposed = integer_attribute(node, "transpose_b", nb::AttributeKind_boolean, 0) != 0;
  const size_t element_bytes = dtype_size_bytes(static_cast<DType>(value.dtype()));
  const bool quads = value.constant()->packing() == nb::Packing_p16x4;
  const bool panels = quads || value.constant()->packing() == nb::Packing_p16;
  const bool sparse = value.constant()->packing() == nb::Packing_sparse;
  if (position != 1 || (sparse && node.op()->string_view() != "conv2d") || groups < 1 ||
      !(rank == 4 || (rank == 2 && panels)) || (quads && value.dtype() != nb::DType_s8))
    return error(Code::k_corrupt_file, "input %zu is packed weights, which it cannot be", position);
  if (panels && panels_count(*value.shape(), static_cast<uint64_t>(groups), transposed, quads) !=
                    value.constant()->size() / element_bytes)
    return error(Code::k_corrupt_file, "the packed weights '%s' have the wrong size",
                 value.name()->c_str());
  return Status();
}

Status GraphChecker::check_attribute(const nb::Attribute& attribute) const {
  const size_t integers = attribute.integers() ? attribute.integers()->size() : 0;
  const size_t reals = attribute.reals() ? attribute.reals()->size() : 0;
  const size_t texts = attribute.texts() ? attribute.texts()->size() : 0;
  size_t held = 0;
  switch (attribute.kind()) {
    case nb::AttributeKind_boolean:
    case nb::AttributeKind_integer:
    case nb::AttributeKind_integers:
      held = integers;
      break;
    case nb::AttributeKind_real:
    case nb::AttributeKind_reals:
      held = reals;
      break;
    case nb::AttributeKind_text:
    case nb::AttributeKind_texts:
      held = texts;
      break;
    default:
      return error(Code::k_corrupt_file, "there is no attribute kind %d", attribute.kind());
  }
  if (integers + reals + texts != held)
    return error(Code::k_corrupt_file, "it holds values of more than one kind");
  if (attribute.kind() < nb::AttributeKind_integers && held != 1)
    return error(Code::k_corrupt_file, "it holds %zu values, expected 1", held);
  if (integers != 0) LITE_RETURN_IF_ERROR(check_aligned(*attribute.integers()));
  for (size_t i = 0; i < integers; ++i)
    LITE_RETURN_IF_ERROR(check_extent(*attribute.integers()->Get(static_cast<uint32_t>(i))));
  return Status();
}

Status GraphChecker::check_outputs() const {
  for (uint32_t output : *graph_.outputs())
    if (output >= written_.size())
      return error(Code::k_corrupt_file, "output: there is no value %u", output);
  for (uint32_t i = 0; i < written_.size(); ++i)
    if (!written_[i])
      return error(Code::k_corrupt_file, "value '%s' is never written",
                   graph_.values()->Get(i)->name()->c_str());
  return Status();
}

}  // namespace

Status check_graph(const nb::Graph& graph, Span<const std::byte> weights) {
  return GraphChecker(graph, weights).check();
}

}  // namespace lite
