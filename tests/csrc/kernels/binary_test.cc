// SPDX-License-Identifier: Apache-2.0
// A function of two elements gives the same bits wherever they lie: for every length around the
// vector's, either side broadcast or neither, along rows and across them, between forbidden pages.
#include "kernels/binary/binary.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "base/isa.h"
#include "check.h"
#include "guarded.h"

namespace {

using guarded::Floats;
using lite::binary::Rows;

struct Row {
  const char* name;
  lite::binary::Apply lite::binary::Kernels::* apply;
  size_t result_bytes;
};

constexpr Row kRows[] = {
#define LITE_BINARY(name) {#name, &lite::binary::Kernels::name, sizeof(float)},
#define LITE_COMPARISON(name) {#name, &lite::binary::Kernels::name, sizeof(bool)},
#include "kernels/binary/binary.inc"
#undef LITE_BINARY
#undef LITE_COMPARISON
};

// Room for results of either size that ends with its page.
std::byte* results(Floats& room, int64_t count, size_t bytes) {
  return reinterpret_cast<std::byte*>(room.data() + room.size()) -
         static_cast<size_t>(count) * bytes;
}

void check(const Row& row, lite::binary::Apply apply, Rows rows) {
  const int64_t count = rows.rows * rows.columns;
  Floats a(rows.rows * (rows.a_step ? rows.columns : 1)), b(rows.b_row ? count : rows.columns);
  Floats y_room(count + 1), alone_room(count + 1);
  guarded::Random random;
  random.fill(a);
  random.fill(b);
  for (int64_t i = 0; i < b.size(); i += 3) b[i] = a[i % a.size()];  // so that some are equal
  std::byte* y = results(y_room, count, row.result_bytes);
  std::byte* alone = results(alone_room, count, row.result_bytes);
  rows.a = a.data();
  rows.b = b.data();
  rows.y = y;
  apply(rows);
  for (int64_t i = 0; i < count; ++i) {
    const int64_t r = i / rows.columns, c = i % rows.columns;
    apply({&a[r * rows.a_row + c * rows.a_step], &b[r * rows.b_row + c * rows.b_step],
           alone + static_cast<size_t>(i) * row.result_bytes, 1, 1, 0, 0, 1, 1});
  }
  const bool same = std::memcmp(y, alone, static_cast<size_t>(count) * row.result_bytes) == 0;
  if (!same)
    std::fprintf(stderr, "%s of %lld rows of %lld, steps %lld and %lld\n", row.name,
                 static_cast<long long>(rows.rows), static_cast<long long>(rows.columns),
                 static_cast<long long>(rows.a_step), static_cast<long long>(rows.b_step));
  CHECK(same);
}

void check_lengths(const Row& row, lite::binary::Apply apply) {
  for (int64_t columns = 1; columns <= 35; ++columns) {
    const Rows none{nullptr, nullptr, nullptr, 3, columns, columns, columns, 1, 1};
    check(row, apply, none);
    Rows one_b = none;  // the same row of b for all
    one_b.b_row = 0;
    check(row, apply, one_b);
    if (columns == 1) continue;
    Rows scalar_a = none;  // one a per row
    scalar_a.a_row = 1;
    scalar_a.a_step = 0;
    check(row, apply, scalar_a);
    Rows scalar_b = none;
    scalar_b.b_row = 1;
    scalar_b.b_step = 0;
    check(row, apply, scalar_b);
  }
}

void check_nan(lite::binary::Apply extremum) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float a[] = {nan, 1.0f, nan, -INFINITY}, b[] = {1.0f, nan, nan, INFINITY};
  float y[4];
  extremum({a, b, y, 1, 4, 0, 0, 1, 1});
  CHECK(std::isnan(y[0]) && std::isnan(y[1]) && std::isnan(y[2]) && std::isinf(y[3]));
}

}  // namespace

int main() {
#define LITE_ISA(name, architecture, base, flags)                        \
  if (lite::isa_usable(lite::Isa::name)) {                               \
    const auto& kernels = lite::binary::kernels(lite::Isa::name);        \
    for (const Row& row : kRows) check_lengths(row, kernels.*row.apply); \
    check_nan(kernels.max);                                              \
    check_nan(kernels.min);                                              \
  }
#include "base/isa.inc"
#undef LITE_ISA
  return check_result();
}
