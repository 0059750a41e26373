// SPDX-License-Identifier: Apache-2.0
// Base of ops on two quantized operands that may be broadcast.
#pragma once

#include "kernels/pairs/pairs.h"
#include "ops/elementwise/binary.h"
#include "ops/quantized/parameters.h"

namespace lite::quantized {

class Pair : public BinaryBase {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(BinaryBase::prepare(context));
    const Attributes& attributes = *context.attributes;
    const DType dtype = context.inputs[0].dtype;
    LITE_ASSIGN_OR_RETURN(parameters_.a_zero, read_zero_point(attributes, "a_zero", dtype));
    LITE_ASSIGN_OR_RETURN(parameters_.b_zero, read_zero_point(attributes, "b_zero", dtype));
    LITE_ASSIGN_OR_RETURN(parameters_.to, read_placement(attributes, dtype));
    return read_scales(attributes, parameters_);
  }

 protected:
  virtual Status read_scales(const Attributes& attributes, pairs::Parameters& parameters) const = 0;

  static Choice by_type(DType dtype, binary::Apply s8, binary::Apply s16) {
    return {dtype == DType::s8 ? s8 : dtype == DType::s16 ? s16 : nullptr, dtype};
  }

 private:
  const void* parameters() const override { return &parameters_; }

  pairs::Parameters parameters_;
};

}  // namespace lite::quantized
