// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/pixel_rows.h"

#include <algorithm>

#include "ops/linear/padded_copy.h"

namespace lite::linear {
namespace {

constexpr int64_t kQuad = 4;
constexpr int64_t kChunkBytes = 16;  // rows of windows are copied by chunks

int64_t taps_of(const Window& window, Tap tap) {
  if (tap == Tap::pixel) return window.taps();
  return tap == Tap::window_row ? window.kernel_height : 1;
}

int64_t elements_of(const Window& window, int64_t channels, Tap tap) {
  if (tap == Tap::pixel) return channels;
  const int64_t row = window.kernel_width * channels;
  return tap == Tap::window_row ? row : window.kernel_height * ceil_div(row, kQuad) * kQuad;
}

}  // namespace

template <class T>
PixelRows<T>::PixelRows(const Window& window, const Image& x, const Image& y, Tap tap)
    : window_(window),
      in_(x),
      out_(y),
      channels_(in_.channels / window.groups),
      tap_(tap),
      copies_all_(window.dilation_width != 1 || channels_ != in_.pitch),
      taps_(taps_of(window, tap)),
      k_(elements_of(window, channels_, tap)) {}

template <class T>
int64_t PixelRows<T>::fresh_bytes() const {
  return static_cast<int64_t>(sizeof(T)) * channels_ *
         std::min(window_.kernel_height, window_.stride_height) *
         std::min(window_.kernel_width, window_.stride_width);
}

template <class T>
size_t PixelRows<T>::table_bytes(int64_t pixels) const {
  return aligned_bytes(static_cast<size_t>(pixels * taps_) * sizeof(const T*));
}

template <class T>
size_t PixelRows<T>::bytes(int64_t pixels) const {
  const bool hangs_over = window_.pad_left != 0 || window_.pad_right != 0;
  int64_t copied = 0;
  if (tap_ == Tap::window) copied = pixels * pitch() + padded_row();
  if (tap_ == Tap::window_row && (copies_all_ || hangs_over)) copied = pixels * taps_ * k_;
  return table_bytes(pixels) + aligned_bytes(static_cast<size_t>(copied) * sizeof(T));
}

template <class T>
const T* const* PixelRows<T>::table(const T* x, const Range& pixels, const T* padding,
                                    std::byte* scratch) const {
  Task task;
  task.x = x;
  task.pixels = pixels;
  task.padding = padding;
  task.table = reinterpret_cast<const T**>(scratch);
  task.copies = reinterpret_cast<T*>(scratch + table_bytes(pixels.size()));
  if (tap_ == Tap::pixel) point_at_taps(task);
  if (tap_ == Tap::window_row) point_at_window_rows(task);
  if (tap_ == Tap::window) point_at_windows(task);
  return task.table;
}

// Calls segment(row, begin, end, i) for each row of outputs that the task has a part of: columns
// [begin, end), of which the first is the task's pixel i.
template <class T>
template <class Segment>
void PixelRows<T>::for_each_segment(const Range& pixels, const Segment& segment) const {
  for (int64_t i = pixels.begin; i < pixels.end;) {
    const int64_t row = i / out_.width, begin = i % out_.width;
    const int64_t end = std::min(out_.width, begin + pixels.end - i);
    segment(row, begin, end, i - pixels.begin);
    i += end - begin;
  }
}

// The columns of [begin, end) whose window, `span` wide and beginning at column * stride - shift,
// lies inside the image.
template <class T>
Range PixelRows<T>::inside(int64_t begin, int64_t end, int64_t shift, int64_t span) const {
  const int64_t stride = window_.stride_width;
  const int64_t first = shift <= 0 ? 0 : ceil_div(shift, stride);
  const int64_t room = in_.width - span + shift;
  const int64_t last = room < 0 ? 0 : room / stride + 1;
  const int64_t lo = std::min(std::max(begin, first), end);
  return {lo, std::min(std::max(lo, last), end)};
}

template <class T>
bool PixelRows<T>::one_to_one() const {
  return window_.taps() == 1 && window_.stride_height == 1 && window_.stride_width == 1 &&
         in_.height == out_.height && in_.width == out_.width && window_.pad_top == 0 &&
         window_.pad_left == 0;
}

template <class T>
void PixelRows<T>::point_at_taps(const Task& task) const {
  if (one_to_one()) {
    const T* x = task.x + task.pixels.begin * in_.pitch;
    for (int64_t i = 0; i < task.pixels.size(); ++i) task.table[i] = x + i * in_.pitch;
    return;
  }
  const int64_t step = window_.stride_width * in_.pitch;
  for (int64_t tap = 0; tap < taps_; ++tap) {
    const int64_t down = tap / window_.kernel_width * window_.dilation_height - window_.pad_top;
    const int64_t shift = window_.pad_left - tap % window_.kernel_width * window_.dilation_width;
    const T** table = task.table + tap * task.pixels.size();
    for_each_segment(task.pixels, [&](int64_t row, int64_t begin, int64_t end, int64_t i) {
      const int64_t y = row * window_.stride_height + down;
      const Range good = y >= 0 && y < in_.height ? inside(begin, end, shift, 1) : Range{end, end};
      const int64_t first = y * in_.width + good.begin * window_.stride_width - shift;
      const T* x = good.size() > 0 ? task.x + first * in_.pitch : nullptr;
      const T** next = table + i;
      for (int64_t column = begin; column < good.begin; ++column) *next++ = task.padding;
      for (int64_t column = good.begin; column < good.end; ++column, x += step) *next++ = x;
      for (int64_t column = good.end; column < end; ++column) *next++ = task.padding;
    });
  }
}

// The part of a window's row that lies in the image, padding around it.
template <class T>
const T* PixelRows<T>::copied(const T* row, int64_t left, T padding, T* copy) const {
  for (int64_t kx = 0; kx < window_.kernel_width; ++kx) {
    const int64_t x = left + kx * window_.dilation_width;
    T* target = copy + kx * channels_;
    if (x >= 0 && x < in_.width) {
      std::copy_n(row + x * in_.pitch, channels_, target);
    } else {
      std::fill_n(target, channels_, padding);
    }
  }
  return copy;
}

template <class T>
void PixelRows<T>::point_at_window_rows(const Task& task) const {
  T* copy = task.copies;
  for (int64_t tap = 0; tap < taps_; ++tap) {
    const int64_t down = tap * window_.dilation_height - window_.pad_top;
    const T** table = task.table + tap * task.pixels.size();
    for_each_segment(task.pixels, [&](int64_t row, int64_t begin, int64_t end, int64_t i) {
      const int64_t y = row * window_.stride_height + down;
      const T** next = table + i;
      if (y < 0 || y >= in_.height) {
        std::fill_n(next, end - begin, task.padding);
        return;
      }
      const T* start = task.x + y * in_.width * in_.pitch;
      const Range good = copies_all_ ? Range{end, end}
                                     : inside(begin, end, window_.pad_left, window_.kernel_width);
      for (int64_t column = begin; column < end; ++column) {
        const int64_t left = column * window_.stride_width - window_.pad_left;
        if (column >= good.begin && column < good.end) {
          *next++ = start + left * in_.pitch;
        } else {
          *next++ = copied(start, left, *task.padding, copy);
          copy += k_;
        }
      }
    });
  }
}

// From copy to copy: chunks write past the last row.
template <class T>
int64_t PixelRows<T>::pitch() const {
  return k_ + kChunkBytes / static_cast<int64_t>(sizeof(T));
}

// Elements of a row of inputs, with those that chunks read behind it.
template <class T>
int64_t PixelRows<T>::padded_row() const {
  return window_.input_columns(out_.width) * channels_ +
         kChunkBytes / static_cast<int64_t>(sizeof(T));
}

// Copies so many chunks of each of `count` rows.
template <int kChunks, class T>
void copy_few_chunks(const T* from, int64_t step, T* to, int64_t pitch, int64_t count) {
  for (; count > 0; --count, from += step, to += pitch)
    __builtin_memcpy(to, from, static_cast<size_t>(kChunks * kChunkBytes));
}

template <class T>
void copy_chunks(const T* from, int64_t step, T* to, int64_t pitch, int64_t chunks, int64_t count) {
  if (chunks == 1) return copy_few_chunks<1>(from, step, to, pitch, count);
  if (chunks == 2) return copy_few_chunks<2>(from, step, to, pitch, count);
  for (; count > 0; --count, from += step, to += pitch)
    for (int64_t i = 0; i < chunks * kChunkBytes; i += kChunkBytes)
      __builtin_memcpy(reinterpret_cast<std::byte*>(to) + i,
                       reinterpret_cast<const std::byte*>(from) + i, kChunkBytes);
}

// Row by row of the windows, from the first: what a chunk writes past its row is written later.
template <class T>
void PixelRows<T>::point_at_windows(const Task& task) const {
  for_each_segment(task.pixels, [&](int64_t row, int64_t begin, int64_t end, int64_t i) {
    T* first = task.copies + i * pitch();
    for (int64_t j = 0; j < end - begin; ++j) task.table[i + j] = first + j * pitch();
    const int64_t filled = k_ / window_.kernel_height;
    for (int64_t ky = 0; ky < window_.kernel_height; ++ky) {
      const int64_t y = row * window_.stride_height + ky * window_.dilation_height;
      copy_window_rows(task, y - window_.pad_top, {begin, end}, first + ky * filled);
    }
  });
}

// The row of the windows of some columns that lies at row y of the image: out of a copy with what
// is around it, so that no window needs care.
template <class T>
void PixelRows<T>::copy_window_rows(const Task& task, int64_t y, const Range& columns,
                                    T* copy) const {
  const int64_t row = window_.kernel_width * channels_, step = pitch();
  if (y < 0 || y >= in_.height) {
    for (int64_t i = 0; i < columns.size(); ++i) std::fill_n(copy + i * step, row, *task.padding);
    return;
  }
  const PaddedCopy whole = {window_.pad_left - columns.begin * window_.stride_width,
                            window_.input_columns(columns.size()), channels_};
  T* padded = task.copies + task.pixels.size() * step;
  copy_padded_row(whole, task.x + y * in_.width * in_.pitch, in_, *task.padding, padded);
  copy_chunks(padded, window_.stride_width * channels_, copy, step,
              ceil_div(row * static_cast<int64_t>(sizeof(T)), kChunkBytes), columns.size());
}

template class PixelRows<float>;
template class PixelRows<Half>;
template class PixelRows<int8_t>;
template class PixelRows<int16_t>;

}  // namespace lite::linear
