// SPDX-License-Identifier: Apache-2.0
#include "plan/attributes.h"

#include <cstring>

namespace lite {

NodeAttributes::NodeAttributes(const nb::Node& node, const Extents& extents) {
  entries_.reserve(node.attributes()->size());
  for (const nb::Attribute* attribute : *node.attributes()) {
    Entry entry{attribute, {}};
    if (attribute->integers() != nullptr)
      for (const nb::Extent* extent : *attribute->integers())
        entry.integers.push_back(extents[*extent]);
    entries_.push_back(std::move(entry));
  }
}

const NodeAttributes::Entry* NodeAttributes::find(const char* name, nb::AttributeKind kind) const {
  for (const Entry& entry : entries_)
    if (std::strcmp(entry.attribute->name()->c_str(), name) == 0)
      return entry.attribute->kind() == kind ? &entry : nullptr;
  return nullptr;
}

int64_t NodeAttributes::integer(const char* name, int64_t fallback) const {
  const Entry* entry = find(name, nb::AttributeKind_integer);
  return entry ? entry->integers[0] : fallback;
}

float NodeAttributes::real(const char* name, float fallback) const {
  const Entry* entry = find(name, nb::AttributeKind_real);
  return entry ? entry->attribute->reals()->Get(0) : fallback;
}

bool NodeAttributes::boolean(const char* name, bool fallback) const {
  const Entry* entry = find(name, nb::AttributeKind_boolean);
  return entry ? entry->integers[0] != 0 : fallback;
}

const char* NodeAttributes::text(const char* name, const char* fallback) const {
  const Entry* entry = find(name, nb::AttributeKind_text);
  return entry ? entry->attribute->texts()->Get(0)->c_str() : fallback;
}

Span<const int64_t> NodeAttributes::integers(const char* name) const {
  const Entry* entry = find(name, nb::AttributeKind_integers);
  return entry ? Span<const int64_t>(entry->integers) : Span<const int64_t>();
}

Span<const float> NodeAttributes::reals(const char* name) const {
  const Entry* entry = find(name, nb::AttributeKind_reals);
  if (entry == nullptr || entry->attribute->reals() == nullptr) return {};
  return {entry->attribute->reals()->data(), entry->attribute->reals()->size()};
}

}  // namespace lite
