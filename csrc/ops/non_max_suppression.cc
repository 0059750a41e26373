// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>

#include "ops/checks.h"
#include "ops/op.h"

namespace lite {
namespace {

struct Candidate {
  float score;
  int32_t index;

  bool operator<(const Candidate& other) const {
    return score > other.score || (score == other.score && index < other.index);
  }
};

// The area between two corners; 0 if an end lies before its beginning.
float area(float low0, float low1, float high0, float high1, float margin) {
  const float side0 = high0 - low0, side1 = high1 - low1;
  return side0 >= 0 && side1 >= 0 ? (side0 + margin) * (side1 + margin) : 0.0f;
}

// Intersection over union; NaN, which is above no threshold, where both boxes are empty.
float overlap(const float* a, const float* b, float margin) {
  const float shared = area(std::max(a[0], b[0]), std::max(a[1], b[1]), std::min(a[2], b[2]),
                            std::min(a[3], b[3]), margin);
  const float whole =
      area(a[0], a[1], a[2], a[3], margin) + area(b[0], b[1], b[2], b[3], margin) - shared;
  return shared / whole;
}

class NonMaxSuppression final : public Op {
 public:
  Status prepare(PrepareContext& context) override {
    LITE_RETURN_IF_ERROR(check_operands(context, 2, 1));
    const Tensor &boxes = context.inputs[0], &scores = context.inputs[1];
    LITE_RETURN_IF_ERROR(check_dtype("the scores", scores.dtype, DType::f32));
    LITE_RETURN_IF_ERROR(check_dtype("the output", context.outputs[0].dtype, DType::s64));
    LITE_RETURN_IF_ERROR(check_rank("the scores", scores.shape, 3));
    images_ = scores.shape[0], classes_ = scores.shape[1], count_ = scores.shape[2];
    LITE_RETURN_IF_ERROR(check_range("the number of boxes", count_, 0, INT32_MAX));
    LITE_RETURN_IF_ERROR(check_rank("the boxes", boxes.shape, 4));
    shared_ = boxes.shape[1] == 1;
    LITE_RETURN_IF_ERROR(
        check_shape("the boxes", boxes.shape, {4, {images_, shared_ ? 1 : classes_, count_, 4}}));
    LITE_RETURN_IF_ERROR(check_rank("the output", context.outputs[0].shape, 3));
    keep_ = context.outputs[0].shape[2];
    LITE_RETURN_IF_ERROR(
        check_shape("the output", context.outputs[0].shape, {3, {images_, classes_, keep_}}));
    const Attributes& attributes = *context.attributes;
    candidates_ = attributes.integer("candidates", 0);
    LITE_RETURN_IF_ERROR(check_range("candidates", candidates_, 0, INT64_MAX));
    iou_threshold_ = attributes.real("iou_threshold", 0.5f);
    score_threshold_ = attributes.real("score_threshold", 0.0f);
    shrink_ = attributes.real("shrink", 1.0f);
    margin_ = attributes.boolean("whole_pixels", false) ? 1.0f : 0.0f;
    context.scratch_bytes += static_cast<size_t>(context.threads * count_) * sizeof(Candidate);
    return Status();
  }

  void run(const RunContext& context) override {
    Candidate* scratch = reinterpret_cast<Candidate*>(context.scratch);
    const auto choose = [&](int64_t row, int thread) {
      choose_row(context, row, scratch + thread * count_);
    };
    context.team->parallel_for_with_thread(images_ * classes_, choose);
  }

 private:
  void choose_row(const RunContext& context, int64_t row, Candidate* candidates) const {
    const float* scores = context.inputs[1].as<float>() + row * count_;
    const float* boxes =
        context.inputs[0].as<float>() + (shared_ ? row / classes_ : row) * count_ * 4;
    int64_t* kept = context.outputs[0].as<int64_t>() + row * keep_;
    const int64_t found = best_first(scores, candidates);
    float threshold = iou_threshold_;
    int64_t stay = 0;
    for (int64_t i = 0; i < found && stay < keep_; ++i) {
      const float* box = boxes + int64_t{candidates[i].index} * 4;
      const bool covered = std::any_of(kept, kept + stay, [&](int64_t other) {
        return overlap(box, boxes + other * 4, margin_) > threshold;
      });
      if (covered) continue;
      kept[stay++] = candidates[i].index;
      if (threshold > 0.5f) threshold *= shrink_;
    }
    std::fill(kept + stay, kept + keep_, int64_t{-1});
  }

  int64_t best_first(const float* scores, Candidate* candidates) const {
    int64_t found = 0;
    for (int64_t i = 0; i < count_; ++i)
      if (scores[i] > score_threshold_) candidates[found++] = {scores[i], static_cast<int32_t>(i)};
    const int64_t wanted = candidates_ == 0 ? found : std::min(candidates_, found);
    std::partial_sort(candidates, candidates + wanted, candidates + found);
    return wanted;
  }

  int64_t images_ = 0, classes_ = 0, count_ = 0, keep_ = 0, candidates_ = 0;
  float iou_threshold_ = 0, score_threshold_ = 0, shrink_ = 1, margin_ = 0;
  bool shared_ = false;
};

}  // namespace
}  // namespace lite

LITE_OP(non_max_suppression, NonMaxSuppression,
        "keep iou_threshold score_threshold candidates shrink whole_pixels", "f32", 0)
