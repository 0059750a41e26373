// SPDX-License-Identifier: Apache-2.0
#include "plan/memory.h"

#include <algorithm>
#include <numeric>

#include "base/arena.h"

namespace lite {
namespace {

constexpr size_t kSearchBudget =
    2000000;  // pairs of buffers looked at; keeps planning in milliseconds

using Order = std::vector<uint32_t>;

bool alive_together(const Buffer& left, const Buffer& right) {
  return left.first <= right.last && right.first <= left.last;
}

// Places buffers one after another, each in the smallest gap that fits among those alive with it.
class Placer {
 public:
  explicit Placer(Span<const Buffer> buffers) : buffers_(buffers) {}

  Layout place(const Order& order) {
    Layout layout;
    layout.offsets.assign(buffers_.size(), 0);
    placed_.clear();
    for (uint32_t index : order) {
      layout.offsets[index] = best_gap(buffers_[index]);
      const Placed placed{layout.offsets[index],
                          layout.offsets[index] + aligned_size(buffers_[index].size_bytes), index};
      placed_.insert(std::upper_bound(placed_.begin(), placed_.end(), placed), placed);
      layout.peak_bytes = std::max(layout.peak_bytes, placed.end);
    }
    return layout;
  }

 private:
  struct Placed {
    uint64_t begin, end;
    uint32_t index;
    bool operator<(const Placed& other) const { return begin < other.begin; }
  };

  uint64_t best_gap(const Buffer& buffer) const {
    const uint64_t needed = aligned_size(buffer.size_bytes);
    uint64_t best = UINT64_MAX, best_gap_bytes = UINT64_MAX, free_from = 0;
    for (const Placed& placed : placed_) {
      if (!alive_together(buffers_[placed.index], buffer)) continue;
      if (placed.begin > free_from) {
        const uint64_t gap = placed.begin - free_from;
        if (gap >= needed && gap < best_gap_bytes) {
          best = free_from;
          best_gap_bytes = gap;
        }
      }
      free_from = std::max(free_from, placed.end);
    }
    return best != UINT64_MAX ? best : free_from;
  }

  Span<const Buffer> buffers_;
  std::vector<Placed> placed_;  // sorted by begin
};

// Sum of the buffers alive at each step.
std::vector<uint64_t> live_bytes(Span<const Buffer> buffers) {
  int steps = 0;
  for (const Buffer& buffer : buffers) steps = std::max(steps, buffer.last + 1);
  std::vector<uint64_t> change(static_cast<size_t>(steps) + 1,
                               0);  // wraps around, sums to the truth
  for (const Buffer& buffer : buffers) {
    change[static_cast<size_t>(buffer.first)] += aligned_size(buffer.size_bytes);
    change[static_cast<size_t>(buffer.last) + 1] -= aligned_size(buffer.size_bytes);
  }
  std::partial_sum(change.begin(), change.end(), change.begin());
  return change;
}

Order by_size(Span<const Buffer> buffers) {
  Order order(buffers.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t left, uint32_t right) {
    return buffers[left].size_bytes > buffers[right].size_bytes;
  });
  return order;
}

// The buffers of the fullest step first, large before small, then those of the next fullest, and so
// on.
Order by_breadth(Span<const Buffer> buffers, const std::vector<uint64_t>& live) {
  std::vector<uint64_t> fullest(buffers.size(), 0);
  for (size_t i = 0; i < buffers.size(); ++i)
    for (int step = buffers[i].first; step <= buffers[i].last; ++step)
      fullest[i] = std::max(fullest[i], live[static_cast<size_t>(step)]);
  Order order = by_size(buffers);
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t left, uint32_t right) { return fullest[left] > fullest[right]; });
  return order;
}

// Changes the order a little at a time, and keeps what does not make the peak higher: in turn, a
// buffer that reaches the peak is placed earlier, or two buffers change places.
class Search {
 public:
  Search(Span<const Buffer> buffers, Placer& placer, Order order, Layout* best)
      : buffers_(buffers), placer_(placer), order_(std::move(order)), best_(best) {}

  void run(uint64_t goal) {
    const size_t rounds = kSearchBudget / (buffers_.size() * buffers_.size() + 1);
    for (size_t round = 0; round < rounds && best_->peak_bytes > goal; ++round) {
      Order order = order_;
      if (round % 2 == 0) {
        promote(order);
      } else {
        const size_t left = random(order.size()), right = random(order.size());
        std::swap(order[left], order[right]);
      }
      Layout layout = placer_.place(order);
      if (layout.peak_bytes > best_->peak_bytes) continue;
      *best_ = std::move(layout);
      order_ = std::move(order);
    }
  }

 private:
  void promote(Order& order) {
    const auto reaches_peak = [this](uint32_t index) {
      return best_->offsets[index] + aligned_size(buffers_[index].size_bytes) == best_->peak_bytes;
    };
    const auto place = std::find_if(order.begin(), order.end(), reaches_peak);
    const auto earlier =
        order.begin() +
        static_cast<std::ptrdiff_t>(random(static_cast<size_t>(place - order.begin()) + 1));
    std::rotate(earlier, place, place + 1);
  }

  size_t random(size_t below) {
    random_ = random_ * 1664525u + 1013904223u;
    return static_cast<size_t>(random_ >> 8) % below;
  }

  Span<const Buffer> buffers_;
  Placer& placer_;
  Order order_;
  Layout* best_;
  uint32_t random_ = 12345;
};

}  // namespace

Layout plan_memory(Span<const Buffer> buffers) {
  if (buffers.empty()) return Layout();
  const std::vector<uint64_t> live = live_bytes(buffers);
  const uint64_t goal = *std::max_element(live.begin(), live.end());
  Placer placer(buffers);
  Order order = by_size(buffers);
  Layout best = placer.place(order);
  if (best.peak_bytes > goal) {
    Order other = by_breadth(buffers, live);
    Layout layout = placer.place(other);
    if (layout.peak_bytes < best.peak_bytes) {
      best = std::move(layout);
      order = std::move(other);
    }
  }
  Search(buffers, placer, std::move(order), &best).run(goal);
  best.lower_bound_bytes = goal;
  return best;
}

}  // namespace lite
