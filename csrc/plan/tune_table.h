// SPDX-License-Identifier: Apache-2.0
// Measured times of kernels on one processor, and which kernel each layer shall have by them. As a
// text it is the tuning cache; docs/tuning.md describes the format.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/isa.h"
#include "base/status.h"
#include "nb_generated.h"
#include "ops/op.h"

namespace lite {

// What follows the last slash of a kernel's name where the layer runs on the caller's thread alone.
inline constexpr char kAlone[] = "/alone";

// Takes it away; whether it was there.
bool strip_alone(std::string& kernel);

struct Timing {
  std::string kernel;
  int64_t time_ns = 0;
};

class TuneTable {
 public:
  explicit TuneTable(Isa isa);

  // Fails if the text is damaged, or was measured by another version, processor or instruction set.
  [[nodiscard]] static Result<std::shared_ptr<const TuneTable>> parse(const std::string& text,
                                                                      Isa isa);
  // The same for a file.
  [[nodiscard]] static Result<std::shared_ptr<const TuneTable>> read(const std::string& path,
                                                                     Isa isa);
  [[nodiscard]] std::string text() const;

  // Takes a layer's times in place of those that it has; the usual kernel's come first.
  void add(const std::string& layer, int threads, std::vector<Timing> timings);
  void add(const TuneTable& other);
  // What a layer shall have; "" if nothing is known. All numbers of threads get kernels of one
  // arithmetic (what their names have before the first slash), so that results have the same bits.
  [[nodiscard]] std::string kernel(const std::string& layer, int threads) const;
  [[nodiscard]] size_t size() const;  // rows

 private:
  struct Row {
    std::string kernel;
    std::vector<Timing> timings;
  };
  using Rows = std::map<int, Row>;  // by threads

  static void choose(Rows& rows);
  [[nodiscard]] Status add_line(const std::string& line);

  Isa isa_;
  std::map<std::string, Rows> layers_;
};

// What tells a layer from others that kernels may be faster for: op, element types and shapes, and
// the attributes that are whole numbers or words, and "fast" if it need not be exact; on one line,
// without tabs. Of the context, operands, attributes and precision are read.
[[nodiscard]] std::string layer_text(const nb::Node& node, const PrepareContext& context);

}  // namespace lite
