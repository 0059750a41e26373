// SPDX-License-Identifier: Apache-2.0
// Writing runs of updates into a tensor, replacing what is there or reducing with it.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>

#include "ops/checks.h"

namespace lite {

// Applies one run of updates. Overflowing integers wrap around.
using Reduce = void (*)(std::byte* y, const std::byte* updates, int64_t elements);

namespace reductions {

struct Add {
  template <class T>
  static T of(T a, T b) {
    return a + b;
  }
};
struct Multiply {
  template <class T>
  static T of(T a, T b) {
    return a * b;
  }
};
struct Greatest {
  template <class T>
  static T of(T a, T b) {
    return a != a || a > b ? a : b;
  }  // NaN stays
};
struct Least {
  template <class T>
  static T of(T a, T b) {
    return a != a || a < b ? a : b;
  }
};

template <class T, class Computed, class Operation>
void reduce(std::byte* y_bytes, const std::byte* update_bytes, int64_t elements) {
  T* y = reinterpret_cast<T*>(y_bytes);
  const T* updates = reinterpret_cast<const T*>(update_bytes);
  for (int64_t i = 0; i < elements; ++i)
    y[i] = static_cast<T>(
        Operation::of(static_cast<Computed>(y[i]), static_cast<Computed>(updates[i])));
}

template <class Operation, class Unsigned32, class Unsigned64>
Reduce of_dtype(DType dtype) {
  if (dtype == DType::f32) return reduce<float, float, Operation>;
  if (dtype == DType::s32) return reduce<int32_t, Unsigned32, Operation>;
  if (dtype == DType::s64) return reduce<int64_t, Unsigned64, Operation>;
  return nullptr;
}

template <size_t kBytes>
void replace(std::byte* y, const std::byte* updates, int64_t elements) {
  std::memcpy(y, updates, static_cast<size_t>(elements) * kBytes);
}

}  // namespace reductions

inline Result<Reduce> choose_reduction(const std::string& reduction, DType dtype) {
  namespace r = reductions;
  Reduce reduce = nullptr;
  if (reduction == "none") {
    const size_t bytes = dtype_size_bytes(dtype);
    reduce = bytes == 1   ? r::replace<1>
             : bytes == 2 ? r::replace<2>
             : bytes == 4 ? r::replace<4>
                          : r::replace<8>;
  } else if (reduction == "add") {
    reduce = r::of_dtype<r::Add, uint32_t, uint64_t>(dtype);
  } else if (reduction == "mul") {
    reduce = r::of_dtype<r::Multiply, uint32_t, uint64_t>(dtype);
  } else if (reduction == "max") {
    reduce = r::of_dtype<r::Greatest, int32_t, int64_t>(dtype);
  } else if (reduction == "min") {
    reduce = r::of_dtype<r::Least, int32_t, int64_t>(dtype);
  }
  if (reduce != nullptr) return reduce;
  return error(Code::k_unsupported_op,
               "reduction %s of %s; add, mul, max, min of f32, s32, s64 are there",
               reduction.c_str(), dtype_name(dtype));
}

// The output starts as a copy of x, unless it lies in the memory of x.
inline void start_from(const Tensor& x, const Tensor& y) {
  if (x.data != y.data && y.size_bytes() > 0) std::memcpy(y.data, x.data, y.size_bytes());
}

}  // namespace lite
