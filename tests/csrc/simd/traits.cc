// SPDX-License-Identifier: Apache-2.0
// Every member of one trait against plain C++; compiled once per ISA with its flags.
#include LITE_TRAIT

#include <cmath>
#include <limits>

#include "base/isa.h"
#include "check.h"
#include "simd/math.h"

namespace {

using lite::Simd;

constexpr int kWidth = Simd::kWidth;
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kFloats[] = {
    0.0f,  -0.0f,      0.5f,        -0.5f,        1.5f,        2.5f,       -1.5f,  -2.5f, 0.3f,
    -0.7f, 1e6f,       8388607.5f,  8388609.0f,   -8388607.5f, 1e10f,      -1e10f, 3.7f,  127.0f,
    -3.2f, 4194303.5f, 0.49999997f, -0.49999997f, kInfinity,   -kInfinity, NAN};
constexpr int32_t kIntegers[] = {0,       1,        -1,        2,         -7,
                                 1000000, -1000000, INT32_MAX, INT32_MIN, 0x55AA55AA};

bool same(float a, float b) {
  return std::isnan(b) ? std::isnan(a) : a == b && std::signbit(a) == std::signbit(b);
}

template <class Vector, class Scalar>
void check_unary(const char* name, const Vector& vector, const Scalar& scalar) {
  for (float x : kFloats) {
    float found[kWidth];
    Simd::store(found, vector(Simd::broadcast(x)));
    for (float lane : found) {
      if (!same(lane, scalar(x))) std::fprintf(stderr, "%s(%g) = %g\n", name, x, lane);
      CHECK(same(lane, scalar(x)));
    }
  }
}

template <class Vector, class Scalar>
void check_binary(const char* name, const Vector& vector, const Scalar& scalar) {
  for (float a : kFloats)
    for (float b : kFloats) {
      float found[kWidth];
      Simd::store(found, vector(Simd::broadcast(a), Simd::broadcast(b)));
      const bool right = same(found[kWidth - 1], scalar(a, b));
      if (!right) std::fprintf(stderr, "%s(%g, %g) = %g\n", name, a, b, found[kWidth - 1]);
      CHECK(right);
    }
}

template <class Vector, class Scalar>
void check_integers(const char* name, const Vector& vector, const Scalar& scalar) {
  for (int32_t a : kIntegers)
    for (int32_t b : kIntegers) {
      int32_t found[kWidth];
      Simd::store(found, vector(Simd::broadcast(a), Simd::broadcast(b)));
      const bool right = found[kWidth - 1] == static_cast<int32_t>(scalar(a, b));
      if (!right) std::fprintf(stderr, "%s(%d, %d) = %d\n", name, a, b, found[kWidth - 1]);
      CHECK(right);
    }
}

#define VECTOR(expression) [](auto a) { return expression; }
#define SCALAR(expression) [](float a) -> float { return expression; }
#define VECTORS(expression) [](auto a, auto b) { return expression; }
#define SCALARS(expression) [](float a, float b) -> float { return expression; }
#define UNSIGNED(expression) [](uint32_t a, uint32_t b) { return expression; }
#define SIGNED(expression) [](int32_t a, int32_t b) { return expression; }

void check_floats() {
  check_unary("floor", VECTOR(Simd::floor(a)), SCALAR(std::floor(a)));
  check_unary("ceil", VECTOR(Simd::ceil(a)), SCALAR(std::ceil(a)));
  check_unary("trunc", VECTOR(Simd::trunc(a)), SCALAR(std::trunc(a)));
  check_unary("round", VECTOR(Simd::round(a)), SCALAR(std::nearbyint(a)));
  check_unary("abs", VECTOR(Simd::abs(a)), SCALAR(std::fabs(a)));
  check_unary("neg", VECTOR(Simd::neg(a)), SCALAR(-a));
  check_unary("sqrt", VECTOR(Simd::sqrt(Simd::abs(a))), SCALAR(std::sqrt(std::fabs(a))));
  check_unary("bits", VECTOR(Simd::from_bits(Simd::bits(a))), SCALAR(a));
  check_binary("add", VECTORS(Simd::add(a, b)), SCALARS(a + b));
  check_binary("sub", VECTORS(Simd::sub(a, b)), SCALARS(a - b));
  check_binary("mul", VECTORS(Simd::mul(a, b)), SCALARS(a * b));
  check_binary("div", VECTORS(Simd::div(a, b)), SCALARS(a / b));
  check_binary("select less", VECTORS(Simd::select(Simd::less(a, b), a, b)),
               SCALARS(a < b ? a : b));
  check_binary("select less_equal", VECTORS(Simd::select(Simd::less_equal(a, b), b, a)),
               SCALARS(a <= b ? b : a));
  check_binary("select equal", VECTORS(Simd::select(Simd::equal(a, b), a, b)),
               SCALARS(a == b ? a : b));
  check_binary("select is_nan", VECTORS(Simd::select(Simd::is_nan(a), b, a)),
               SCALARS(std::isnan(a) ? b : a));
  check_binary(
      "masks",
      VECTORS(Simd::select(Simd::mask_and(Simd::less(a, b), Simd::mask_not(Simd::mask_or(
                                                                Simd::is_nan(a), Simd::is_nan(b)))),
                           a, b)),
      SCALARS(a < b ? a : b));
}

// The sign of a zero is the ISA's choice, a NaN on the right comes through.
void check_extremes() {
  for (float a : {1.0f, -2.0f, kInfinity})
    for (float b : kFloats) {
      CHECK(Simd::reduce_max(Simd::max(Simd::broadcast(a), Simd::broadcast(b))) ==
                (a > b ? a : b) ||
            std::isnan(b));
      CHECK(Simd::reduce_min(Simd::min(Simd::broadcast(a), Simd::broadcast(b))) ==
                (a < b ? a : b) ||
            std::isnan(b));
    }
  const Simd::f32 nan = Simd::broadcast(NAN);
  CHECK(Simd::all(Simd::is_nan(Simd::max(Simd::broadcast(1.0f), nan))));
  CHECK(Simd::all(Simd::is_nan(Simd::min(Simd::broadcast(1.0f), nan))));
}

void check_fused() {
  const Simd::f32 a = Simd::broadcast(3.0f), b = Simd::broadcast(-5.0f), c = Simd::broadcast(0.5f);
  CHECK(Simd::reduce_max(Simd::fma(a, b, c)) == -14.5f);
  CHECK(Simd::reduce_max(Simd::fnma(a, b, c)) == 15.5f);
  for (int n = -126; n <= 127; ++n)
    CHECK(Simd::reduce_max(Simd::pow2(Simd::broadcast(int32_t{n}))) == std::ldexp(1.0f, n));
  for (int n = -120; n <= 254; ++n)
    CHECK(Simd::reduce_max(Simd::ldexp(Simd::broadcast(1.75f), Simd::broadcast(static_cast<float>(
                                                                   n)))) == std::ldexp(1.75f, n));
}

// What only traits have whose multiply-adds take lanes.
template <class S, int kLane>
void check_lane() {
  float lanes[S::kWidth], found[S::kWidth];
  for (int i = 0; i < S::kWidth; ++i) lanes[i] = static_cast<float>(i + 2);
  S::store_alone(
      found, S::template fma_lane<kLane>(S::broadcast(-5.0f), S::load(lanes), S::broadcast(0.5f)));
  for (float product : found) CHECK(product == 0.5f - 5.0f * lanes[kLane]);
  if constexpr (kLane + 1 < S::kLanes) check_lane<S, kLane + 1>();
}

template <class S>
void check_lanes() {
  if constexpr (S::kLanes > 1) check_lane<S, 0>();
  typename S::f32 x = S::broadcast(3.0f);
  S::settle(x);
  CHECK(S::reduce_max(x) == 3.0f);
}

void check_integer_members() {
  check_integers("add", VECTORS(Simd::add(a, b)), UNSIGNED(a + b));
  check_integers("sub", VECTORS(Simd::sub(a, b)), UNSIGNED(a - b));
  check_integers("mul", VECTORS(Simd::mul(a, b)), UNSIGNED(a * b));
  check_integers("neg", VECTORS(Simd::add(Simd::neg(a), b)), UNSIGNED(0 - a + b));
  check_integers("abs", VECTORS(Simd::add(Simd::abs(a), b)),
                 UNSIGNED((static_cast<int32_t>(a) < 0 ? 0 - a : a) + b));
  check_integers("min", VECTORS(Simd::min(a, b)), SIGNED(a < b ? a : b));
  check_integers("max", VECTORS(Simd::max(a, b)), SIGNED(a > b ? a : b));
  check_integers("and", VECTORS(Simd::bit_and(a, b)), UNSIGNED(a & b));
  check_integers("or", VECTORS(Simd::bit_or(a, b)), UNSIGNED(a | b));
  check_integers("xor", VECTORS(Simd::bit_xor(a, b)), UNSIGNED(a ^ b));
  check_integers("less", VECTORS(Simd::select(Simd::less(a, b), a, b)), SIGNED(a < b ? a : b));
  check_integers("less_equal", VECTORS(Simd::select(Simd::less_equal(a, b), b, a)),
                 SIGNED(a <= b ? b : a));
  check_integers("equal", VECTORS(Simd::select(Simd::equal(a, b), Simd::neg(a), b)),
                 UNSIGNED(a == b ? 0 - a : b));
  check_integers("shift_left", VECTORS(Simd::add(Simd::shift_left<5>(a), b)),
                 UNSIGNED((a << 5) + b));
  check_integers("shift_right_logical", VECTORS(Simd::add(Simd::shift_right_logical<7>(a), b)),
                 UNSIGNED((a >> 7) + b));
  check_integers("shift_right_arithmetic",
                 VECTORS(Simd::bit_xor(Simd::shift_right_arithmetic<7>(a), b)),
                 SIGNED((a >> 7) ^ b));
}

void check_conversions() {
  for (float x : {2.5f, -2.5f, 3.5f, -0.4f, 1e9f, -7.0f, 0.5f}) {
    CHECK(Simd::reduce_max(Simd::round_to_s32(Simd::broadcast(x))) ==
          static_cast<int32_t>(std::nearbyint(x)));
    CHECK(Simd::reduce_max(Simd::truncate_to_s32(Simd::broadcast(x))) == static_cast<int32_t>(x));
  }
  for (int32_t x : kIntegers)
    CHECK(Simd::reduce_max(Simd::to_f32(Simd::broadcast(x))) == static_cast<float>(x));
}

void check_memory() {
  float from[2 * kWidth];
  int32_t integers[2 * kWidth];
  for (int i = 0; i < 2 * kWidth; ++i) {
    from[i] = static_cast<float>(i + 1);
    integers[i] = i + 1;
  }
  for (int count = 0; count <= kWidth; ++count) {
    float to[2 * kWidth], zero_filled[kWidth];
    int32_t integers_to[2 * kWidth], integers_filled[kWidth];
    for (int i = 0; i < 2 * kWidth; ++i) to[i] = -7.0f, integers_to[i] = -7;
    Simd::store_partial(to, Simd::load(from), count);
    Simd::store_partial(integers_to, Simd::load(integers), count);
    Simd::store(zero_filled, Simd::load_partial(from, count));
    Simd::store(integers_filled, Simd::load_partial(integers, count));
    for (int i = 0; i < 2 * kWidth; ++i) CHECK(to[i] == (i < count ? from[i] : -7.0f));
    for (int i = 0; i < 2 * kWidth; ++i) CHECK(integers_to[i] == (i < count ? integers[i] : -7));
    for (int i = 0; i < kWidth; ++i) CHECK(zero_filled[i] == (i < count ? from[i] : 0.0f));
    for (int i = 0; i < kWidth; ++i) CHECK(integers_filled[i] == (i < count ? integers[i] : 0));
  }
}

template <int kCount>
void check_bounded() {
  constexpr int32_t numbers[] = {0,   1,    -1,    126,    127,    128,   -127,      -128,
                                 300, -300, 40000, -40000, 100000, -5000, INT32_MAX, INT32_MIN};
  for (int32_t added : {0, 5, -128, 127})
    for (int32_t lo : {-128, -9}) {
      int32_t from[kCount * kWidth];
      int8_t to[kCount * kWidth + 1] = {};
      Simd::s32 x[kCount];
      for (int i = 0; i < kCount * kWidth; ++i) from[i] = numbers[(i * 7 + added + 128) % 16];
      for (int i = 0; i < kCount; ++i) x[i] = Simd::load(from + i * kWidth);
      Simd::store_bounded_s8(to, x, Simd::bounds(added, lo, 100));
      for (int i = 0; i < kCount * kWidth; ++i) {
        const int64_t sum = int64_t{from[i]} + added;
        CHECK(to[i] == (sum < lo ? lo : sum > 100 ? 100 : sum));
      }
      CHECK(to[kCount * kWidth] == 0);
      for (int count = 0; count <= kCount * kWidth; ++count) {
        int8_t part[kCount * kWidth] = {};
        Simd::store_bounded_s8_partial(part, x, Simd::bounds(added, lo, 100), count);
        for (int i = 0; i < kCount * kWidth; ++i) CHECK(part[i] == (i < count ? to[i] : 0));
      }
    }
}

void check_bytes() {
  constexpr int8_t all[] = {-128, 127, 0, -1, 1, 100, -100, 64};
  int8_t from[kWidth], to[kWidth + 1] = {};
  int32_t widened[kWidth];
  for (int i = 0; i < kWidth; ++i) from[i] = all[i % 8];
  Simd::store_s8(to, Simd::load_s8(from));
  Simd::store(widened, Simd::load_s8(from));
  for (int i = 0; i < kWidth; ++i) CHECK(to[i] == from[i] && widened[i] == from[i]);
  CHECK(to[kWidth] == 0);
  for (int count = 0; count <= kWidth; ++count) {
    Simd::store(widened, Simd::load_s8_partial(from, count));
    for (int i = 0; i < kWidth; ++i) CHECK(widened[i] == (i < count ? from[i] : 0));
  }
  check_bounded<1>();
  check_bounded<2>();
  check_bounded<3>();
  check_bounded<4>();
}

void check_lanes() {
  float numbers[kWidth];
  for (int i = 0; i < kWidth; ++i) numbers[i] = static_cast<float>(i + 1);
  const Simd::f32 x = Simd::load(numbers);
  CHECK(Simd::reduce_add(x) == kWidth * (kWidth + 1) / 2);
  CHECK(Simd::reduce_max(x) == kWidth && Simd::reduce_min(x) == 1);
  const Simd::s32 iota = Simd::iota();
  CHECK(Simd::reduce_add(iota) == kWidth * (kWidth - 1) / 2);
  CHECK(Simd::reduce_max(iota) == kWidth - 1 && Simd::reduce_min(iota) == 0);
  const Simd::s32 zero = Simd::broadcast(int32_t{0});
  CHECK(Simd::any(Simd::equal(iota, zero)) && !Simd::any(Simd::less(iota, zero)));
  CHECK(Simd::all(Simd::less_equal(zero, iota)));
  CHECK(Simd::all(Simd::equal(iota, zero)) == (kWidth == 1));
}

void check_transpose() {
  Simd::f32 rows[kWidth];
  float numbers[kWidth * kWidth];
  for (int i = 0; i < kWidth * kWidth; ++i) numbers[i] = static_cast<float>(i);
  for (int i = 0; i < kWidth; ++i) rows[i] = Simd::load(numbers + i * kWidth);
  Simd::transpose(rows);
  for (int i = 0; i < kWidth; ++i) {
    float row[kWidth];
    Simd::store(row, rows[i]);
    for (int j = 0; j < kWidth; ++j) CHECK(row[j] == static_cast<float>(j * kWidth + i));
  }
}

void check_exponential() {
  double worst = 0.0;
  for (double x = -87.0; x < 88.7; x += 0.00137) {
    const double exact = std::exp(static_cast<double>(static_cast<float>(x)));
    const double found = Simd::reduce_max(lite::exp_f32(Simd::broadcast(static_cast<float>(x))));
    worst = std::fmax(worst, std::fabs(found - exact) / exact);
  }
  CHECK(worst < 1.3e-7);
  CHECK(Simd::reduce_max(lite::exp_f32(Simd::broadcast(100.0f))) == kInfinity);
  CHECK(Simd::reduce_max(lite::exp_f32(Simd::broadcast(-1000.0f))) == 0.0f);
  CHECK(Simd::all(Simd::is_nan(lite::exp_f32(Simd::broadcast(NAN)))));
}

}  // namespace

int main() {
  if (!lite::isa_usable(lite::Isa::LITE_ISA_NAME)) return 0;
  check_floats();
  check_extremes();
  check_fused();
  check_lanes<Simd>();
  check_integer_members();
  check_conversions();
  check_memory();
  check_bytes();
  check_lanes();
  check_transpose();
  check_exponential();
  return check_result();
}
