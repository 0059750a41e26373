// SPDX-License-Identifier: Apache-2.0
#include "kernels/unary/unary.h"
#include "simd/special.h"

namespace lite::unary {
namespace {

using f32 = Simd::f32;

LITE_INLINE f32 constant(float value) { return Simd::broadcast(value); }
LITE_INLINE f32 negative_or(f32 x, f32 if_negative, f32 otherwise) {
  return Simd::select(Simd::less(x, constant(0.0f)), if_negative, otherwise);
}

struct abs {
  static LITE_INLINE f32 apply(f32 x, const Parameters&) { return Simd::abs(x); }
};
struct ceil {
  static LITE_INLINE f32 apply(f32 x, const Parameters&) { return Simd::ceil(x); }
};
struct clip {
  static LITE_INLINE f32 apply(f32 x, const Parameters& p) {
    return Simd::min(constant(p.beta), Simd::max(constant(p.alpha), x));
  }
};
struct elu {
  static LITE_INLINE f32 apply(f32 x, const Parameters& p) {
    const f32 below = expm1_of_negative(Simd::min(constant(0.0f), x));
    return negative_or(x, Simd::mul(constant(p.alpha), below), x);
  }
};
struct erf {
  static LITE_INLINE f32 apply(f32 x, const Parameters&) { return erf_f32(x); }
};
struct exp {
  static LITE_INLINE f32 apply(f32 x, const Parameters&) { return exp_f32(x); }
};
struct floor {
  static LITE_INLINE f32 apply(f32 x, const Parameters&) { return Simd::floor(x); }
};
struct gelu {
  static LITE_INLINE f32 apply(f32 x, const Parameters&) { return gelu_f32(x); }
};
struct gelu_tanh {
  static LITE_INLINE f32 apply(f32 x, const Parameters&) { return gelu_by_tanh(x); }
};
struct hard_sigmoid {
  static LITE_INLINE f32 apply(f32 x, const Parameters& p) {
    const f32 line = Simd::fma(constant(p.alpha), x, constant(p.beta));
    return Simd::min(constant(1.0f), Simd::max(constant(0.0f), line));
  }
};
struct hard_swish {
  static LITE_INLINE f32 apply(f32 x, const Parameters&) {
    const f32 gate =
        Simd::min(constant(6.0f), Simd::max(constant(0.0f), Simd::add(x, constant(3.0f))));
    return Simd::mul(x, Simd::mul(gate, constant(1.0f / 6.0f)));
  }
};
struct leaky_relu {
  static LITE_INLINE f32 apply(f32 x, const Parameters& p) {
    return negative_or(x, Simd::mul(constant(p.alpha), x), x);
  }
};
struct log {
  static LITE_INLINE f32 apply(f32 x, const Parameters&) { return log_f32(x); }
};
struct mish {
  static LITE_INLINE f32 apply(f32 x, const Parameters&) { return mish_f32(x); }
};
struct neg {
  static LITE_INLINE f32 apply(f32 x, const Parameters&) { return Simd::neg(x); }
};
struct relu {
  static LITE_INLINE f32 apply(f32 x, const Parameters&) { return Simd::max(constant(0.0f), x); }
};
struct round {
  static LITE_INLINE f32 apply(f32 x, const Parameters&) { return Simd::round(x); }
};
struct rsqrt {
  static LITE_INLINE f32 apply(f32 x, const Parameters&) {
    return Simd::div(constant(1.0f), Simd::sqrt(x));
  }
};
struct selu {
  static LITE_INLINE f32 apply(f32 x, const Parameters& p) {
    const f32 below = expm1_of_negative(Simd::min(constant(0.0f), x));
    return Simd::mul(constant(p.beta), negative_or(x, Simd::mul(constant(p.alpha), below), x));
  }
};
struct sigmoid {
  static LITE_INLINE f32 apply(f32 x, const Parameters&) { return exact_sigmoid(x); }
};
struct sign {
  static LITE_INLINE f32 apply(f32 x, const Parameters&) {
    const f32 positive = Simd::select(Simd::less(constant(0.0f), x), constant(1.0f), x);
    return negative_or(x, constant(-1.0f), positive);
  }
};
struct softplus {
  static LITE_INLINE f32 apply(f32 x, const Parameters&) {
    const f32 rest = log1p_of_fraction(exp_f32(Simd::neg(Simd::abs(x))));
    return Simd::add(Simd::max(constant(0.0f), x), rest);
  }
};
struct sqrt {
  static LITE_INLINE f32 apply(f32 x, const Parameters&) { return Simd::sqrt(x); }
};
struct swish {
  static LITE_INLINE f32 apply(f32 x, const Parameters& p) {
    return Simd::mul(x, exact_sigmoid(Simd::mul(constant(p.beta), x)));
  }
};
struct tanh {
  static LITE_INLINE f32 apply(f32 x, const Parameters&) { return tanh_f32(x); }
};

template <class Function>
void map(const float* x, float* y, int64_t count, const Parameters& parameters) {
  const Parameters p = parameters;
  int64_t i = 0;
  for (; i + Simd::kWidth <= count; i += Simd::kWidth)
    Simd::store(y + i, Function::apply(Simd::load(x + i), p));
  if (i == count) return;
  const int rest = static_cast<int>(count - i);
  Simd::store_partial(y + i, Function::apply(Simd::load_partial(x + i, rest), p), rest);
}

}  // namespace

extern const Kernels LITE_KERNELS;
const Kernels LITE_KERNELS = {
#define LITE_UNARY(name) map<name>,
#include "kernels/unary/unary.inc"
#undef LITE_UNARY
};

}  // namespace lite::unary
