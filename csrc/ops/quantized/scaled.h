// SPDX-License-Identifier: Apache-2.0
// Base of quantize and dequantize: x and a scale, of all of x or of each index of an axis.
#pragma once

#include <cstdint>

#include "kernels/scaling/scaling.h"
#include "ops/op.h"

namespace lite::quantized {

class Scaled : public Op {
 public:
  Status prepare(PrepareContext& context) override;
  void run(const RunContext& context) override;

 protected:
  // The kernel for such element types; nullptr if there is none.
  virtual scaling::Run choose(const scaling::Kernels& kernels, DType x, DType y) const = 0;
  // The one of x and y that has integers.
  virtual DType integers(DType x, DType y) const = 0;

 private:
  Status place_scales(const PrepareContext& context);
  void run_rows(const RunContext& context, int64_t begin, int64_t end) const;

  scaling::Run run_ = nullptr;
  int32_t zero_point_ = 0;
  // y is [rows, columns]; a row has one scale, or one for each of its elements.
  int64_t rows_ = 1, columns_ = 1;
  bool each_ = false;
  int64_t scale_count_ = 1;
  int64_t x_bytes_ = 0, y_bytes_ = 0;  // of an element
};

}  // namespace lite::quantized
