// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>
#include <type_traits>

#include "ops/checks.h"
#include "ops/movement/strided_copy.h"
#include "ops/op.h"

namespace lite {
namespace {

// An element as an unsigned number of the same order; NaN is greater than every number, -0 is 0.
template <class Bits>
uint64_t key_of_float(const std::byte* element, Bits infinity) {
  constexpr Bits kSign = Bits{1} << (8 * sizeof(Bits) - 1);
  Bits bits;
  std::memcpy(&bits, element, sizeof(bits));
  const Bits magnitude = bits & static_cast<Bits>(~kSign);
  if (magnitude > infinity) return UINT64_MAX;
  const uint64_t middle = kSign;
  return bits & kSign ? middle - magnitude : middle + magnitude;
}

template <class T>
uint64_t key_of_integer(const std::byte* element) {
  T value;
  std::memcpy(&value, element, sizeof(value));
  constexpr uint64_t kOffset = std::is_signed_v<T> ? uint64_t{1} << 63 : 0;
  return static_cast<uint64_t>(value) + kOffset;
}

using Key = uint64_t (*)(const std::byte* element);

Key key_of(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return [](const std::byte* x) { return key_of_float<uint32_t>(x, 0x7F800000); };
    case DType::f16:
      return [](const std::byte* x) { return key_of_float<uint16_t>(x, 0x7C00); };
    case DType::bf16:
      return [](const std::byte* x) { return key_of_float<uint16_t>(x, 0x7F80); };
    case DType::f64:
      return [](const std::byte* x) { return key_of_float<uint64_t>(x, 0x7FF0000000000000); };
    case DType::s8:
      return key_of_integer<int8_t>;
    case DType::s16:
      return key_of_integer<int16_t>;
    case DType::u16:
      return key_of_integer<uint16_t>;
    case DType::s32:
      return key_of_integer<int32_t>;
    case DType::u32:
      return key_of_integer<uint32_t>;
    case DType::s64:
      return key_of_integer<int64_t>;
    case DType::u64:
      return key_of_integer<uint64_t>;
    default:
      return key_of_integer<uint8_t>;
  }
}

// Sorts by key, equal ones by index.
struct Entry {
  uint64_t key;
  int64_t index;

  bool operator<(const Entry& other) const {
    return key < other.key || (key == other.key && index < other.index);
  }
};

void order_first(Entry* entries, int64_t count, int64_t k) {
  if (k < count / 8) return std::partial_sort(entries, entries + k, entries + count);
  if (k < count) std::nth_element(entries, entries + k, entries + count);
  std::sort(entries, entries + k);
}

class TopK final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(check_operands(context, 1, 2));
    const Tensor& x = context.inputs[0];
    const Tensor& values = context.outputs[0];
    const int64_t given = context.attributes->integer("axis", 0);
    LITE_RETURN_IF_ERROR(check_range("axis", given, 0, x.shape.rank - 1));
    LITE_RETURN_IF_ERROR(check_rank("the values", values.shape, x.shape.rank));
    const int axis = static_cast<int>(given);
    flip_ = context.attributes->boolean("largest", true) ? UINT64_MAX : 0;
    key_ = key_of(x.dtype);
    element_bytes_ = static_cast<int64_t>(dtype_size_bytes(x.dtype));
    extent_ = x.shape[axis];
    k_ = values.shape[axis];
    LITE_RETURN_IF_ERROR(check_range("k", k_, 0, extent_));
    Shape expected = x.shape;
    expected[axis] = k_;
    LITE_RETURN_IF_ERROR(check_shape("the values", values.shape, expected));
    LITE_RETURN_IF_ERROR(check_shape("the indices", context.outputs[1].shape, expected));
    LITE_RETURN_IF_ERROR(check_dtype("the values", values.dtype, x.dtype));
    LITE_RETURN_IF_ERROR(check_dtype("the indices", context.outputs[1].dtype, DType::s64));
    inner_ = x.shape.count(axis + 1, x.shape.rank);
    lines_ = x.shape.count(0, axis) * inner_;
    context.scratch_bytes += static_cast<size_t>(context.threads * extent_) * sizeof(Entry);
    return Status();
  }

  void run(const RunContext& context) override {
    Entry* scratch = reinterpret_cast<Entry*>(context.scratch);
    if (k_ == 0) return;
    const auto order = [&](int64_t line, int thread) {
      order_line(context, line, scratch + thread * extent_);
    };
    if (lines_ == 1) return order(0, 0);
    context.team->parallel_for_with_thread(lines_, order);
  }

 private:
  void order_line(const RunContext& context, int64_t line, Entry* entries) const {
    const int64_t outer = line / inner_, inner = line % inner_;
    const int64_t stride = inner_ * element_bytes_;
    const std::byte* x =
        context.inputs[0].data + (outer * extent_ * inner_ + inner) * element_bytes_;
    for (int64_t i = 0; i < extent_; ++i) entries[i] = {key_(x + i * stride) ^ flip_, i};
    order_first(entries, extent_, k_);
    const int64_t start = outer * k_ * inner_ + inner;
    std::byte* values = context.outputs[0].data + start * element_bytes_;
    int64_t* indices = context.outputs[1].as<int64_t>() + start;
    for (int64_t i = 0; i < k_; ++i) {
      std::memcpy(values + i * stride, x + entries[i].index * stride,
                  static_cast<size_t>(element_bytes_));
      indices[i * inner_] = entries[i].index;
    }
  }

  Key key_ = nullptr;
  uint64_t flip_ = 0;  // of all bits of a key where the greatest come first
  int64_t element_bytes_ = 1, extent_ = 0, k_ = 0, inner_ = 1, lines_ = 0;
};

}  // namespace
}  // namespace lite

LITE_OP(top_k, TopK, "k axis largest sorted", kMovableDTypes, 0)
