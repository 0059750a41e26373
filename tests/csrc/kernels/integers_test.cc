// SPDX-License-Identifier: Apache-2.0
// Kernels of integers that stand for reals do, on each ISA and for every length around a vector's,
// what base/requant.h does one by one, and touch nothing behind the last element.
#include <cmath>

#include "base/isa.h"
#include "base/requant.h"
#include "check.h"
#include "guarded.h"
#include "kernels/lookup/lookup.h"
#include "kernels/means/means.h"
#include "kernels/pairs/pairs.h"
#include "kernels/scaling/scaling.h"

namespace {

using guarded::Bytes;
using lite::Placement;

constexpr int64_t kMost = 330;  // more than two vectors of bytes, and enough for tables in vectors

void fill(Bytes& bytes, guarded::Random& random) {
  for (int64_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<int8_t>(random.integer(-128, 127));
}

void check_scaling(const lite::scaling::Kernels& kernels, int64_t count, guarded::Random& random) {
  constexpr float kScale = 0.01f;
  const Placement to = {-7, -128, 127};
  guarded::Floats x(count), back(count);
  Bytes q(count), placed(count);
  random.fill(x);
  kernels.quantize_s8(x.data(), q.data(), count, {&kScale, false, to.zero_point});
  kernels.dequantize_s8(q.data(), back.data(), count, {&kScale, false, to.zero_point});
  kernels.place_s8(x.data(), 90.0f, to, placed.data(), count);
  for (int64_t i = 0; i < count; ++i) {
    CHECK(q[i] == lite::quantize(x[i], kScale, to));
    CHECK(back[i] == lite::dequantize(q[i], kScale, to.zero_point));
    CHECK(placed[i] == lite::placed(x[i] * 90.0f, to));
  }
}

// Reals that lie halfway between two steps, or next to that, and those that are no number.
void check_ties(const lite::scaling::Kernels& kernels) {
  constexpr int64_t kCount = 4096;
  guarded::Floats x(kCount);
  Bytes q(kCount);
  for (float scale : {0.013f, 1.0f / 3, 7e-30f, 3e25f, 0.1f})
    for (int32_t zero : {0, -128, 77}) {
      const Placement to = {zero, -128, 127};
      for (int64_t i = 0; i < kCount; ++i) {
        float real = (static_cast<float>(i / 8 - 256) + 0.5f) * scale;
        for (int64_t j = 0; j < i % 8; ++j) real = std::nextafter(real, i % 2 == 0 ? 0.0f : 1e38f);
        x[i] = i % 1001 == 7 ? NAN : i % 1003 == 9 ? INFINITY : real;
      }
      kernels.quantize_s8(x.data(), q.data(), kCount, {&scale, false, zero});
      for (int64_t i = 0; i < kCount; ++i) CHECK(q[i] == lite::quantize(x[i], scale, to));
    }
}

void check_lookup(const lite::lookup::Kernels& kernels, int64_t count, guarded::Random& random) {
  Bytes x(count), y(count), table(256);
  fill(x, random);
  fill(table, random);
  const uint8_t* from = reinterpret_cast<const uint8_t*>(x.data());
  for (int flip : {0, 0x80}) {
    kernels.bytes(from, reinterpret_cast<const uint8_t*>(table.data()), static_cast<uint8_t>(flip),
                  reinterpret_cast<uint8_t*>(y.data()), count);
    for (int64_t i = 0; i < count; ++i) CHECK(y[i] == table[from[i] ^ flip]);
  }
}

// In place, where the output is the left operand.
void check_pairs(const lite::pairs::Kernels& kernels, const lite::pairs::Parameters& p,
                 int64_t count, guarded::Random& random) {
  Bytes a(count), b(count), sums(count);
  fill(a, random);
  fill(b, random);
  for (int64_t step : {0, 1}) {
    const lite::binary::Rows rows = {a.data(), b.data(), sums.data(), 1, count, 0, 0, 1, step, &p};
    kernels.add_s8(rows);
    for (int64_t i = 0; i < count; ++i)
      CHECK(sums[i] ==
            lite::requantize(a[i] - p.a_zero, p.a_scale, b[i * step] - p.b_zero, p.b_scale, p.to));
  }
  Bytes products(count);
  for (int64_t i = 0; i < count; ++i) products[i] = a[i];
  kernels.mul_s8({products.data(), b.data(), products.data(), 1, count, 0, 0, 1, 1, &p});
  for (int64_t i = 0; i < count; ++i)
    CHECK(products[i] == lite::requantize((a[i] - p.a_zero) * (b[i] - p.b_zero), p.a_scale, p.to));
}

void check_means(const lite::means::Kernels& kernels, int64_t columns, guarded::Random& random) {
  constexpr int64_t kRows = 5;
  const lite::means::Mean mean = {0.3f, kRows * -9, {2, -128, 127}};
  Bytes x(kRows * columns), y(columns), windows(columns);
  guarded::Array<int32_t> sums(columns);
  fill(x, random);
  kernels.sum_s8(x.data(), sums.data(), kRows, columns, columns);
  kernels.place_s8(sums.data(), y.data(), columns, mean);
  lite::pool::Row row;
  row.src = x.data();
  row.dst = windows.data();
  row.pixels = 1;
  row.channels = columns;
  row.rows = 1;
  row.columns = kRows;
  row.column_stride = columns;
  kernels.windows_s8(row, mean);
  for (int64_t c = 0; c < columns; ++c) {
    int32_t sum = 0;
    for (int64_t r = 0; r < kRows; ++r) sum += x[r * columns + c];
    CHECK(sums[c] == sum);
    CHECK(y[c] == lite::requantize(sum + kRows * 9, mean.scale, mean.to));
    CHECK(windows[c] == y[c]);
  }
}

void check(lite::Isa isa) {
  guarded::Random random;
  check_ties(lite::scaling::kernels(isa));
  for (int64_t count = 1; count <= kMost; ++count) {
    check_scaling(lite::scaling::kernels(isa), count, random);
    check_lookup(lite::lookup::kernels(isa), count, random);
    check_pairs(lite::pairs::kernels(isa), {3, -5, 0.7f, -0.4f, {11, -100, 120}}, count, random);
    check_pairs(lite::pairs::kernels(isa), {3, -5, 1e20f, -3e30f, {11, -100, 120}}, count, random);
    check_means(lite::means::kernels(isa), count, random);
  }
}

}  // namespace

int main() {
#define LITE_ISA(name, architecture, base, flags) \
  if (lite::isa_usable(lite::Isa::name)) check(lite::Isa::name);
#include "base/isa.inc"
#undef LITE_ISA
  return check_result();
}
