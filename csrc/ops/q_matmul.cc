// SPDX-License-Identifier: Apache-2.0
// Products of bytes are made by the GEMM of floats: as long as a sum has at most 256 products of
// differences from zero points, no partial sum reaches 2^24, floats hold all of them exactly, and
// their order is free. Deeper products are made in pieces, whose sums are added up in 32 bits.
#include <algorithm>

#include "kernels/means/means.h"
#include "kernels/scaling/scaling.h"
#include "ops/checks.h"
#include "ops/elementwise/tiles.h"
#include "ops/linear/matrix_product.h"
#include "ops/op.h"
#include "ops/quantized/parameters.h"

namespace lite {
namespace {

using linear::ProductShape;

constexpr int64_t kGreatestDepth = 256;  // 256 * 255 * 255 < 2^24

// One side, and the floats of a piece of it.
struct Side {
  int64_t matrices = 0, rows = 0, columns = 0;  // as they lie in memory
  bool depth_in_rows = false;
  int32_t zero_point = 0;
  size_t offset = 0;  // in scratch
};

class QMatmul final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(check_operands(context, 2, 1));
    for (const Tensor& side : context.inputs) {
      LITE_RETURN_IF_ERROR(check_dtype("a side", side.dtype, DType::s8));
      LITE_RETURN_IF_ERROR(check_range("the rank of a side", side.shape.rank, 1, kMaxRank));
      if (side.packing != Packing::plain)
        return error(Code::k_corrupt_file, "a side is packed, expected a plain one");
    }
    LITE_RETURN_IF_ERROR(check_dtype("the output", context.outputs[0].dtype, DType::s8));
    LITE_ASSIGN_OR_RETURN(shape_, linear::read_product_shape(context));
    const Attributes& attributes = *context.attributes;
    LITE_ASSIGN_OR_RETURN(scale_, quantized::read_scale(attributes, "scale"));
    LITE_ASSIGN_OR_RETURN(a_.zero_point,
                          quantized::read_zero_point(attributes, "a_zero", DType::s8));
    LITE_ASSIGN_OR_RETURN(b_.zero_point,
                          quantized::read_zero_point(attributes, "b_zero", DType::s8));
    LITE_ASSIGN_OR_RETURN(to_, quantized::read_placement(attributes, DType::s8));
    scaling_ = &scaling::kernels(context.isa);
    means_ = &means::kernels(context.isa);
    plan(context);
    return Status();
  }

  void run(const RunContext& context) override {
    float* products = reinterpret_cast<float*>(context.scratch + products_offset_);
    int32_t* sums = reinterpret_cast<int32_t*>(context.scratch + sums_offset_);
    const int64_t count = context.outputs[0].shape.count();
    int8_t* y = context.outputs[0].as<int8_t>();
    for (int64_t piece = 0; piece < pieces_; ++piece) {
      multiply_piece(context, piece, products);
      for_each_tile(*context.team, count, [&](int64_t begin, int64_t end) {
        if (pieces_ == 1)
          scaling_->place_s8(products + begin, scale_, to_, y + begin, end - begin);
        else
          add_up(products, sums, begin, end, piece == 0);
      });
    }
    if (pieces_ == 1) return;
    for_each_tile(*context.team, count, [&](int64_t begin, int64_t end) {
      means_->place_s8(sums + begin, y + begin, end - begin, {scale_, 0, to_});
    });
  }

 private:
  void plan(PrepareContext& context) {
    pieces_ = std::max<int64_t>(1, linear::ceil_div(shape_.k, kGreatestDepth));
    const int64_t depth = pieces_ == 1 ? shape_.k : kGreatestDepth;
    a_ = {shape_.a_batch.count(), shape_.m, shape_.k, shape_.transpose_a, a_.zero_point, 0};
    if (shape_.transpose_a) std::swap(a_.rows, a_.columns);
    b_ = {shape_.b_batch.count(), shape_.k, shape_.n, !shape_.transpose_b, b_.zero_point, 0};
    if (shape_.transpose_b) std::swap(b_.rows, b_.columns);
    const size_t product_bytes = std::max(prepare_product(context, whole_, depth),
                                          prepare_product(context, last_, last_depth()));
    const int64_t outputs = shape_.batch.count() * shape_.m * shape_.n;
    a_.offset = linear::aligned_bytes(product_bytes);
    b_.offset = a_.offset + floats_bytes(a_.matrices * shape_.m * depth);
    products_offset_ = b_.offset + floats_bytes(b_.matrices * shape_.n * depth);
    sums_offset_ = products_offset_ + floats_bytes(outputs);
    const size_t all = sums_offset_ + (pieces_ > 1 ? floats_bytes(outputs) : 0);
    context.scratch_bytes = std::max(context.scratch_bytes, all);
  }

  [[nodiscard]] int64_t last_depth() const { return shape_.k - (pieces_ - 1) * kGreatestDepth; }
  static size_t floats_bytes(int64_t count) {
    return linear::aligned_bytes(static_cast<size_t>(count) * sizeof(float));
  }

  // The product of floats of a piece so deep; how much scratch it needs.
  size_t prepare_product(const PrepareContext& context, linear::MatrixProduct& product,
                         int64_t depth) const {
    const Tensor sides[] = {Tensor(), Tensor()};
    const bool given[] = {true, true};
    PrepareContext inner = context;
    inner.inputs = sides;
    inner.given = given;
    inner.scratch_bytes = 0;
    inner.precision = Precision::exact;  // the floats are integers
    ProductShape shape = shape_;
    shape.k = depth;
    (void)product.prepare(inner, shape, Activation{}, linear::kProductScales);
    return inner.scratch_bytes;
  }

  void multiply_piece(const RunContext& context, int64_t piece, float* products) const {
    const bool last = piece == pieces_ - 1;
    const int64_t first = piece * kGreatestDepth, depth = last ? last_depth() : kGreatestDepth;
    Tensor sides[2], y;
    sides[0].data = convert(context, context.inputs[0], a_, first, depth);
    sides[1].data = convert(context, context.inputs[1], b_, first, depth);
    y.data = reinterpret_cast<std::byte*>(products);
    RunContext inner = context;
    inner.inputs = sides;
    inner.outputs = {&y, 1};
    (last ? last_ : whole_).run(inner);
  }

  // A side's elements at depths [first, first + depth), as floats.
  std::byte* convert(const RunContext& context, const Tensor& tensor, const Side& side,
                     int64_t first, int64_t depth) const {
    static constexpr float kOne = 1.0f;
    float* floats = reinterpret_cast<float*>(context.scratch + side.offset);
    const int64_t rows = side.depth_in_rows ? depth : side.rows;
    const int64_t columns = side.depth_in_rows ? side.columns : depth;
    const int64_t corner = side.depth_in_rows ? first * side.columns : first;
    const int64_t all = side.matrices * rows;
    const int64_t per_tile = std::max<int64_t>(1, kTileElements / std::max<int64_t>(1, columns));
    context.team->parallel_for(linear::ceil_div(all, per_tile), [&](int64_t tile) {
      for (int64_t i = tile * per_tile; i < std::min(all, (tile + 1) * per_tile); ++i) {
        const int64_t from = i / rows * side.rows * side.columns + corner + i % rows * side.columns;
        scaling_->dequantize_s8(tensor.as<int8_t>() + from, floats + i * columns, columns,
                                {&kOne, false, side.zero_point});
      }
    });
    return reinterpret_cast<std::byte*>(floats);
  }

  // Modulo 2^32.
  static void add_up(const float* products, int32_t* sums, int64_t begin, int64_t end, bool first) {
    for (int64_t i = begin; i < end; ++i) {
      const uint32_t sum = first ? 0 : static_cast<uint32_t>(sums[i]);
      sums[i] =
          static_cast<int32_t>(sum + static_cast<uint32_t>(static_cast<int32_t>(products[i])));
    }
  }

  ProductShape shape_;
  Side a_, b_;
  float scale_ = 0.0f;
  Placement to_;
  int64_t pieces_ = 1;
  linear::MatrixProduct whole_, last_;
  size_t products_offset_ = 0, sums_offset_ = 0;  // in scratch, behind that of the products
  const scaling::Kernels* scaling_ = nullptr;
  const means::Kernels* means_ = nullptr;
};

}  // namespace
}  // namespace lite

LITE_OP(q_matmul, QMatmul, "y_zero lo hi transpose_a transpose_b scale a_zero b_zero", "s8", 0)
