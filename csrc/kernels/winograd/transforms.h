// SPDX-License-Identifier: Apache-2.0
// The transforms of tiles, over the trait's elements.
#pragma once

#include "kernels/winograd/winograd.h"
#include "simd/activation.h"

namespace lite::winograd {
namespace {

using Element = Simd::Element;
using Elements = TilesOf<Element>;
constexpr int kWidth = Simd::kWidth;

// The finite points at which polynomials are evaluated; the last point is infinity. Those behind
// the first come in pairs of opposite signs. With 1 and 2 in the place of 3/4 and 3/2 the error of
// F(4, 3) would be four times as large.
constexpr double kFewPoints[] = {0, 0.75, -0.75, 1.5, -1.5};
constexpr double kManyPoints[] = {0, 1, -1, 2, -2, 0.5, -0.5};

constexpr double power(double x, int n) {
  double y = 1;
  for (int i = 0; i < n; ++i) y *= x;
  return y;
}

// F(m, 3): outputs = A (G weights . B inputs), all of one dimension.
template <int kOutputs>
struct Filter {
  static constexpr int m = kOutputs;
  static constexpr int size = m + kWindow - 1;
  static constexpr int points = size * size;

  static constexpr double at(int i) { return m == 4 ? kFewPoints[i] : kManyPoints[i]; }

  // Of B: row `row` has the coefficients of the product of (x - point) over all finite points but
  // that of the row.
  static constexpr double input(int row, int column) {
    double polynomial[size + 1] = {1};
    for (int i = 0; i < size - 1; ++i) {
      if (i == row) continue;
      for (int j = size; j > 0; --j) polynomial[j] = polynomial[j - 1] - at(i) * polynomial[j];
      polynomial[0] *= -at(i);
    }
    return polynomial[column];
  }
  // Of G.
  static constexpr double weight(int row, int column) {
    if (row == size - 1) return column == kWindow - 1 ? 1 : 0;
    double divisor = 1;
    for (int i = 0; i < size - 1; ++i)
      if (i != row) divisor *= at(row) - at(i);
    return power(at(row), column) / divisor;
  }
  // Of A.
  static constexpr double output(int row, int column) {
    if (column == size - 1) return row == m - 1 ? 1 : 0;
    return power(at(column), row);
  }
};

// The sum of coefficients times values, from index kLast down in steps. The coefficients are known
// when compiling: what is zero vanishes, and multiplications by one do.
template <class Row, int kIndex, int kStep>
LITE_INLINE Simd::f32 add_terms(const Simd::f32* values, Simd::f32 sum) {
  if constexpr (kIndex < 0) {
    return sum;
  } else {
    constexpr double factor = Row::at(kIndex);
    if constexpr (factor == 1) sum = Simd::add(sum, values[kIndex]);
    if constexpr (factor == -1) sum = Simd::sub(sum, values[kIndex]);
    if constexpr (factor != 0 && factor != 1 && factor != -1)
      sum = Simd::fma(Simd::broadcast(static_cast<float>(factor)), values[kIndex], sum);
    return add_terms<Row, kIndex - kStep, kStep>(values, sum);
  }
}

template <class Row, int kLast, int kStep>
LITE_INLINE Simd::f32 sum_of(const Simd::f32* values) {
  constexpr double factor = Row::at(kLast);
  if constexpr (factor == 0 && kLast >= kStep) {
    return sum_of<Row, kLast - kStep, kStep>(values);
  } else {
    const Simd::f32 first =
        factor == 1 ? values[kLast]
                    : Simd::mul(Simd::broadcast(static_cast<float>(factor)), values[kLast]);
    return add_terms<Row, kLast - kStep, kStep>(values, first);
  }
}

template <class F, int kRow>
struct InputRow {
  static constexpr double at(int column) { return F::input(kRow, column); }
};

// B times a line of inputs. The rows of opposite points differ in the sign of the odd columns.
template <class F, int kRow = 0>
LITE_INLINE void transform_input_line(const Simd::f32* line, Simd::f32* result) {
  constexpr int last = F::size - 1;
  if constexpr (kRow == 0 || kRow == last) {
    result[kRow] = sum_of<InputRow<F, kRow>, last, 1>(line);
    if constexpr (kRow == 0) transform_input_line<F, 1>(line, result);
  } else {
    const Simd::f32 even = sum_of<InputRow<F, kRow>, last - 1, 2>(line);
    const Simd::f32 odd = sum_of<InputRow<F, kRow>, last, 2>(line);
    result[kRow] = Simd::add(even, odd);
    result[kRow + 1] = Simd::sub(even, odd);
    transform_input_line<F, kRow + 2>(line, result);
  }
}

// Of A, over sums (at odd columns) and differences (behind them) of what opposite points gave: even
// rows take the sums, odd rows the differences.
template <class F, int kRow>
struct OutputRow {
  static constexpr double at(int column) {
    if (column == 0 || column == F::size - 1) return F::output(kRow, column);
    const bool wanted = (column % 2 == 1) == (kRow % 2 == 0);
    return wanted ? F::output(kRow, (column - 1) / 2 * 2 + 1) : 0;
  }
};

template <class F, int kRow = 0>
LITE_INLINE void combine_pairs(const Simd::f32* pairs, Simd::f32* result) {
  result[kRow] = sum_of<OutputRow<F, kRow>, F::size - 1, 1>(pairs);
  if constexpr (kRow + 1 < F::m) combine_pairs<F, kRow + 1>(pairs, result);
}

// A times a line of points.
template <class F>
LITE_INLINE void transform_output_line(const Simd::f32* line, Simd::f32* result) {
  Simd::f32 pairs[F::size];
  pairs[0] = line[0];
  pairs[F::size - 1] = line[F::size - 1];
  LITE_UNROLL
  for (int i = 1; i + 1 < F::size; i += 2) {
    pairs[i] = Simd::add(line[i], line[i + 1]);
    pairs[i + 1] = Simd::sub(line[i], line[i + 1]);
  }
  combine_pairs<F>(pairs, result);
}

// Where a tile lies.
struct Place {
  int64_t image, row, column;  // of its first output
};

template <class F>
Place place_of(const Elements& tiles, int64_t tile) {
  const int64_t across = (tiles.out_width + F::m - 1) / F::m;
  const int64_t down = (tiles.out_height + F::m - 1) / F::m;
  return {tile / (across * down), tile / across % down * F::m, tile % across * F::m};
}

// The pixels of a tile, zeros outside of the image.
template <class F>
void point_at_pixels(const Elements& tiles, const Place& place, const Element** pixels) {
  const int64_t top = place.row - tiles.pad_top, left = place.column - tiles.pad_left;
  const Element* image = tiles.x + place.image * tiles.height * tiles.width * tiles.x_pitch;
  for (int i = 0; i < F::size; ++i)
    for (int j = 0; j < F::size; ++j) {
      const int64_t y = top + i, x = left + j;
      const bool inside = y >= 0 && y < tiles.height && x >= 0 && x < tiles.width;
      *pixels++ = inside ? image + (y * tiles.width + x) * tiles.x_pitch : tiles.zeros;
    }
}

template <bool kWhole, class T>
LITE_INLINE Simd::f32 load(const T* p, int count) {
  if constexpr (kWhole) return Simd::load(p);
  return Simd::load_partial(p, count);
}

// The channels of one vector, at all points of a tile. The pixels that the next tile does not share
// with this one are fetched meanwhile.
template <class F, bool kWhole>
LITE_INLINE void transform_input(const Elements& tiles, const Element* const* pixels,
                                 int64_t channel, int count, Element* points) {
  const int64_t ahead = F::m * tiles.x_pitch + channel;
  Simd::f32 half[F::size][F::size];
  for (int i = 0; i < F::size; ++i) {
    Simd::f32 line[F::size];
    LITE_UNROLL
    for (int j = 0; j < F::size; ++j) {
      const Element* pixel = pixels[i * F::size + j];
      line[j] = load<kWhole>(pixel + channel, count);
      if (j + F::m >= F::size) __builtin_prefetch(pixel + ahead, 0, 3);
    }
    transform_input_line<F>(line, half[i]);
  }
  for (int j = 0; j < F::size; ++j) {
    Simd::f32 line[F::size], result[F::size];
    LITE_UNROLL
    for (int i = 0; i < F::size; ++i) line[i] = half[i][j];
    transform_input_line<F>(line, result);
    LITE_UNROLL
    for (int i = 0; i < F::size; ++i)
      Simd::store(points + (i * F::size + j) * tiles.point_stride, result[i]);
  }
}

// Tiles whose vectors nearly fit the registers of NEON are transformed without loops. With
// other registers, or more vectors, that gains nothing.
template <class F>
constexpr bool kUnrolled = Simd::kLanes > 1 && Simd::kRegisters >= 32 && F::size <= 6;

// An addition that compilers do not make a multiplication of, for several of them.
template <class T>
LITE_INLINE T* stepped(T* p, int64_t stride) {
  p += stride;
  asm("" : "+r"(p));
  return p;
}

template <class F, class S = Simd>
LITE_INLINE void transform_input_unrolled(const Elements& tiles, const Element* const* pixels,
                                          int64_t channel, Element* points) {
  Simd::f32 half[F::size][F::size];
  LITE_UNROLL
  for (int i = 0; i < F::size; ++i) {
    Simd::f32 line[F::size];
    LITE_UNROLL
    for (int j = 0; j < F::size; ++j) line[j] = Simd::load(pixels[i * F::size + j] + channel);
    transform_input_line<F>(line, half[i]);
  }
  const int64_t row_stride = F::size * tiles.point_stride;
  LITE_UNROLL
  for (int j = 0; j < F::size; ++j, points = stepped(points, tiles.point_stride)) {
    Element* to = points;
    Simd::f32 line[F::size], result[F::size];
    LITE_UNROLL
    for (int i = 0; i < F::size; ++i) line[i] = half[i][j];
    transform_input_line<F>(line, result);
    LITE_UNROLL
    for (int i = 0; i < F::size; ++i, to = stepped(to, row_stride)) S::store_alone(to, result[i]);
  }
}

template <class F>
void transform_inputs(const Elements& tiles) {
  const Element* pixels[F::points];
  for (int64_t tile = tiles.begin; tile < tiles.end; ++tile) {
    point_at_pixels<F>(tiles, place_of<F>(tiles, tile), pixels);
    Element* points = tiles.points + (tile - tiles.begin) * tiles.tile_stride;
    int64_t c = 0;
    for (; c + kWidth <= tiles.channels; c += kWidth)
      if constexpr (kUnrolled<F>) {
        transform_input_unrolled<F>(tiles, pixels, c, points + c);
      } else {
        transform_input<F, true>(tiles, pixels, c, kWidth, points + c);
      }
    if (c < tiles.channels)
      transform_input<F, false>(tiles, pixels, c, static_cast<int>(tiles.channels - c), points + c);
  }
}

// What is done with the sums of a tile.
struct Finish {
  Simd::f32 lo, hi;
  int64_t rows, columns;  // outputs of the tile that exist
  int64_t row_stride, column_stride;
  const Element* residual;  // of the tile, or null
};

template <class F, bool kWhole>
LITE_INLINE void transform_output(const Elements& tiles, const Finish& finish,
                                  const Element* points, int64_t first, int64_t channel,
                                  int count) {
  Simd::f32 half[F::size][F::m];
  for (int i = 0; i < F::size; ++i) {
    Simd::f32 line[F::size];
    LITE_UNROLL
    for (int j = 0; j < F::size; ++j)
      line[j] = Simd::load(points + (i * F::size + j) * tiles.point_stride);
    transform_output_line<F>(line, half[i]);
  }
  const Simd::f32 bias =
      tiles.bias ? load<kWhole>(tiles.bias + channel, count) : Simd::broadcast(0.0f);
  for (int j = 0; j < F::m; ++j) {
    if (j >= finish.columns) break;
    Simd::f32 line[F::size], result[F::m];
    LITE_UNROLL
    for (int i = 0; i < F::size; ++i) line[i] = half[i][j];
    transform_output_line<F>(line, result);
    LITE_UNROLL
    for (int i = 0; i < F::m; ++i) {
      if (i >= finish.rows) break;
      const int64_t place = first + i * finish.row_stride + j * finish.column_stride;
      __builtin_prefetch(tiles.y + place + F::m * finish.column_stride, 1, 3);  // the next tile's
      Simd::f32 y = Simd::add(result[i], bias);
      if (finish.residual != nullptr) {
        const int64_t added = (i * tiles.out_width + j) * tiles.residual_pitch + channel;
        y = Simd::add(y, load<kWhole>(finish.residual + added, count));
      }
      y = Simd::min(finish.hi, Simd::max(finish.lo, y));
      if constexpr (kWhole) {
        Simd::store(tiles.y + place, y);
      } else {
        Simd::store_partial(tiles.y + place, y, count);
      }
    }
  }
}

// Of a tile whose outputs all exist.
template <class F, bool kBounded, class S = Simd>
LITE_INLINE void transform_output_unrolled(const Elements& tiles, const Finish& finish,
                                           const Element* points, int64_t first, int64_t channel) {
  Simd::f32 half[F::size][F::m];
  LITE_UNROLL
  for (int i = 0; i < F::size; ++i) {
    Simd::f32 line[F::size];
    LITE_UNROLL
    for (int j = 0; j < F::size; ++j, points = stepped(points, tiles.point_stride))
      line[j] = Simd::load(points);
    transform_output_line<F>(line, half[i]);
  }
  const Simd::f32 bias = tiles.bias ? Simd::load(tiles.bias + channel) : Simd::broadcast(0.0f);
  LITE_UNROLL
  for (int j = 0; j < F::m; ++j, first += finish.column_stride) {
    Simd::f32 line[F::size], result[F::m];
    LITE_UNROLL
    for (int i = 0; i < F::size; ++i) line[i] = half[i][j];
    transform_output_line<F>(line, result);
    Element* y = tiles.y + first;
    LITE_UNROLL
    for (int i = 0; i < F::m; ++i, y = stepped(y, finish.row_stride)) {
      const Simd::f32 value = Simd::max(finish.lo, Simd::add(result[i], bias));
      S::store_alone(y, kBounded ? Simd::min(finish.hi, value) : value);
    }
  }
}

template <class F>
LITE_INLINE void transform_output_vector(const Elements& tiles, const Finish& finish,
                                         const Element* points, int64_t first, int64_t channel) {
  if constexpr (kUnrolled<F>) {
    if (finish.rows == F::m && finish.columns == F::m && finish.residual == nullptr)
      return tiles.activation.hi < __builtin_inff()
                 ? transform_output_unrolled<F, true>(tiles, finish, points, first, channel)
                 : transform_output_unrolled<F, false>(tiles, finish, points, first, channel);
  }
  transform_output<F, true>(tiles, finish, points, first, channel, kWidth);
}

template <class F>
void transform_outputs(const Elements& tiles) {
  Finish finish = {Simd::broadcast(tiles.activation.lo),
                   Simd::broadcast(tiles.activation.hi),
                   0,
                   0,
                   tiles.out_width * tiles.y_pitch,
                   tiles.y_pitch,
                   nullptr};
  for (int64_t tile = tiles.begin; tile < tiles.end; ++tile) {
    const Place place = place_of<F>(tiles, tile);
    const int64_t rows = tiles.out_height - place.row, columns = tiles.out_width - place.column;
    finish.rows = rows < F::m ? rows : F::m;
    finish.columns = columns < F::m ? columns : F::m;
    const int64_t first = (place.image * tiles.out_height + place.row) * finish.row_stride +
                          place.column * finish.column_stride;
    if (tiles.residual != nullptr)
      finish.residual =
          tiles.residual +
          ((place.image * tiles.out_height + place.row) * tiles.out_width + place.column) *
              tiles.residual_pitch;
    const Element* points = tiles.points + (tile - tiles.begin) * tiles.tile_stride;
    int64_t c = 0;
    for (; c + kWidth <= tiles.out_channels; c += kWidth)
      transform_output_vector<F>(tiles, finish, points + c, first + c, c);
    if (c < tiles.out_channels)
      transform_output<F, false>(tiles, finish, points + c, first + c, c,
                                 static_cast<int>(tiles.out_channels - c));
    for (int64_t row = 0; row < finish.rows; ++row)
      apply_activation(tiles.activation, tiles.y + first + row * finish.row_stride,
                       finish.column_stride, finish.columns, tiles.out_channels);
  }
}

}  // namespace
}  // namespace lite::winograd
