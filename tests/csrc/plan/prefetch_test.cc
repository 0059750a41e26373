// SPDX-License-Identifier: Apache-2.0
#include "plan/prefetch.h"

#include "check.h"

namespace {

struct Asked {
  size_t wants = 0, room = 0;
};

// An op that wants the first of all bytes early.
class Taker final : public lite::Op {
 public:
  Taker(const std::byte* bytes, Asked asked) : bytes_(bytes), asked_(asked) {}
  lite::Status prepare(lite::PrepareContext&) override { return lite::Status(); }
  void run(const lite::RunContext&) override {}
  lite::Span<const std::byte> wanted_early() const override { return {bytes_, asked_.wants}; }
  size_t room_to_fetch() const override { return asked_.room; }
  void fetch(lite::Span<const std::byte> bytes) override {
    got_.emplace_back(bytes.data() - bytes_, bytes.size());
  }
  const std::vector<std::pair<std::ptrdiff_t, size_t>>& got() const { return got_; }

 private:
  const std::byte* bytes_;
  Asked asked_;
  std::vector<std::pair<std::ptrdiff_t, size_t>> got_;
};

// The nearest step before has the last bytes; room is given away once.
void nearest_first() {
  static const std::byte bytes[100] = {};
  std::vector<lite::Step> steps;
  std::vector<const Taker*> takers;
  for (const Asked asked : {Asked{0, 50}, Asked{0, 0}, Asked{10, 30}, Asked{60, 40}}) {
    auto op = std::make_unique<Taker>(bytes, asked);
    takers.push_back(op.get());
    steps.emplace_back();
    steps.back().op = std::move(op);
  }
  lite::spread_fetches({steps.data(), steps.size()});
  using Got = std::vector<std::pair<std::ptrdiff_t, size_t>>;
  CHECK((takers[0]->got() == Got{{0, 10}, {0, 30}}));
  CHECK(takers[1]->got().empty());
  CHECK((takers[2]->got() == Got{{30, 30}}));
  CHECK(takers[3]->got().empty());
}

}  // namespace

int main() {
  nearest_first();
  return check_result();
}
