// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <type_traits>
#include <vector>

#include "ops/linear/arguments.h"
#include "ops/linear/depthwise_conv.h"
#include "ops/linear/gemm_conv.h"
#include "ops/linear/rounded_product.h"
#include "ops/linear/sparse_conv.h"
#include "ops/linear/winograd_conv.h"
#include "ops/op.h"

namespace lite {
namespace {

using linear::Window;

// Of floats, or of halves.
template <class T>
class Convolving final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_ASSIGN_OR_RETURN(const linear::Convolution found, linear::read_convolution(context));
    const Window& window = found.window;
    const Activation& activation = found.activation;
    by_channel_ = found.by_channel;
    if (by_channel_) {
      depthwise_.prepare(context, window, activation);
      return Status();
    }
    const bgemm::Kernels* rounded = nullptr;
    if constexpr (std::is_same_v<T, float>) {
      const Tensor& weights = context.inputs[1];
      const bool packed_sparse = weights.packing == Packing::sparse;
      if (packed_sparse) alternatives_.push_back(linear::SparseConv::kName);
      if (!packed_sparse || linear::SparseConv::may_be_dense(weights))
        linear::GemmConv::add_names(context, window, alternatives_);
      linear::WinogradConv::add_names(context, window, alternatives_);
      rounded = linear::RoundedProduct::choose(context, window);
      is_sparse_ = linear::SparseConv::choose(context, rounded != nullptr ? rounded->speed : 1.0);
    }
    if (is_sparse_) {
      sparse_.prepare(context, activation);
      return Status();
    }
    const int m = linear::WinogradConvOf<T>::choose(context, window,
                                                    rounded != nullptr ? rounded->speed : 1.0);
    by_tiles_ = m != 0;
    if (by_tiles_) return winograd_.prepare(context, window, activation, m);
    is_rounded_ = rounded != nullptr;
    if (is_rounded_) return rounded_.prepare_conv(context, *rounded, window, activation);
    gemm_.prepare(context, window, activation);
    return Status();
  }

  std::vector<const char*> alternatives() const override { return alternatives_; }

  void run(const RunContext& context) override {
    if (by_channel_) return depthwise_.run(context);
    if (is_sparse_) return sparse_.run(context);
    if (is_rounded_) return rounded_.run(context);
    by_tiles_ ? winograd_.run(context) : gemm_.run(context);
  }

  Span<const std::byte> wanted_early() const override {
    if (by_channel_) return depthwise_.wanted_early();
    return by_tiles_ || is_rounded_ || is_sparse_ ? Span<const std::byte>() : gemm_.wanted_early();
  }

  size_t room_to_fetch() const override {
    return by_channel_ || by_tiles_ || is_rounded_ || is_sparse_ ? 0 : gemm_.room_to_fetch();
  }

  void fetch(Span<const std::byte> bytes) override { gemm_.fetch(bytes); }

  const char* kernel() const override {
    if (by_channel_) return std::is_same_v<T, float> ? "depthwise" : "hdepthwise";
    if (is_sparse_) return linear::SparseConv::kName;
    if (is_rounded_) return rounded_.kernel();
    return by_tiles_ ? winograd_.kernel() : gemm_.kernel();
  }

 private:
  bool by_channel_ = false, by_tiles_ = false, is_rounded_ = false, is_sparse_ = false;
  std::vector<const char*> alternatives_;
  linear::DepthwiseConvOf<T> depthwise_;
  linear::WinogradConvOf<T> winograd_;
  linear::RoundedProduct rounded_;
  linear::SparseConv sparse_;
  linear::GemmConvOf<T> gemm_;
};

class Conv2d final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    if (!context.inputs.empty() && context.inputs[0].dtype == DType::f16) {
      convolving_ = std::make_unique<Convolving<Half>>();
    } else {
      convolving_ = std::make_unique<Convolving<float>>();
    }
    return convolving_->prepare(context);
  }
  void run(const RunContext& context) override { convolving_->run(context); }
  const char* kernel() const override { return convolving_->kernel(); }
  std::vector<const char*> alternatives() const override { return convolving_->alternatives(); }
  Span<const std::byte> wanted_early() const override { return convolving_->wanted_early(); }
  size_t room_to_fetch() const override { return convolving_->room_to_fetch(); }
  void fetch(Span<const std::byte> bytes) override { convolving_->fetch(bytes); }

 private:
  std::unique_ptr<Op> convolving_;
};

}  // namespace
}  // namespace lite

LITE_OP(conv2d, Conv2d, "strides pads dilations groups activation alpha beta layout", "f32",
        kPitchedInputs | kPitchedOutputs | kHalves)
