// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/even_rows.h"

namespace lite::linear {

EvenRows::EvenRows(const Window& window, const Image& in, const Image& out,
                   const PixelRows<int8_t>& rows)
    : window_(window),
      in_(in),
      out_(out),
      copy_{window.pad_left, window.input_columns(out.width), in.channels / window.groups},
      k_(rows.k()),
      one_to_one_(rows.one_to_one()),
      tap_(rows.tap()) {
  in_place_ = window.taps() == 1 && window.pad_left == 0 && window.pad_top == 0 &&
              copy_.width <= in.width && window.input_rows(out.height) <= in.height;
}

bool EvenRows::fit(const qgemm::Kernels& kernels) const {
  const bool in_one_piece = tap_ == Tap::pixel || window_.dilation_width == 1;
  if (!qgemm::takes_runs(kernels, k_) || tap_ == Tap::window || !in_one_piece) return false;
  return one_to_one_ || qgemm::is_worth_runs(out_.width);
}

Range EvenRows::whole(const Range& pixels) const {
  if (one_to_one_) return pixels;
  return {pixels.begin / out_.width * out_.width, pixels.end / out_.width * out_.width};
}

size_t EvenRows::bytes(int64_t pixels) const {
  if (one_to_one_ || in_place_ || pixels == 0) return 0;
  return aligned_bytes(
      static_cast<size_t>(window_.input_rows(pixels / out_.width) * copy_.pitch()));
}

qgemm::Runs EvenRows::runs(const int8_t* x, const Range& pixels, int8_t padding,
                           std::byte* scratch) const {
  qgemm::Runs runs;
  if (one_to_one_) {
    runs.a = x + pixels.begin * in_.pitch;
    runs.length = pixels.size();
    runs.step = in_.pitch;
    return runs;
  }
  const int64_t top = pixels.begin / out_.width * window_.stride_height - window_.pad_top;
  const int64_t pitch = in_place_ ? in_.pitch : copy_.channels;
  const int64_t row = in_place_ ? in_.width * in_.pitch : copy_.pitch();
  if (in_place_) {
    runs.a = x + top * row;
  } else {
    int8_t* copies = reinterpret_cast<int8_t*>(scratch);
    copy_padded_rows(copy_, x, in_, top, window_.input_rows(pixels.size() / out_.width), padding,
                     copies);
    runs.a = copies;
  }
  runs.length = out_.width;
  runs.step = window_.stride_width * pitch;
  runs.run_step = window_.stride_height * row;
  runs.row_taps = tap_ == Tap::pixel ? window_.kernel_width : 1;
  runs.tap_step = window_.dilation_width * pitch;
  runs.tap_row_step = window_.dilation_height * row;
  return runs;
}

}  // namespace lite::linear
