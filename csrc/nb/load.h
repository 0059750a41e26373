// SPDX-License-Identifier: Apache-2.0
// Model: an .nb file, verified whole, immutable, shared by any number of sessions and threads.
#pragma once

#include <memory>
#include <string>

#include "base/status.h"
#include "base/tensor.h"
#include "nb/file.h"
#include "nb_generated.h"

namespace lite {

inline constexpr uint32_t kFormatVersion = 1;  // the newest that this build reads

class Model {
 public:
  // Maps the file; its bytes must not change while the model lives.
  [[nodiscard]] static Result<std::shared_ptr<const Model>> open(const std::string& path);
  // `owner` keeps the bytes alive and unchanged; without one they are copied.
  [[nodiscard]] static Result<std::shared_ptr<const Model>> from_memory(
      const void* data, size_t size_bytes, std::shared_ptr<const void> owner);

  // Every index, size and kind in the graph is valid: see check_graph.
  [[nodiscard]] const nb::Graph& graph() const { return *graph_; }
  [[nodiscard]] const nb::Header& header() const { return *header_; }
  [[nodiscard]] const std::byte* weights() const { return weights_; }
  [[nodiscard]] size_t weights_bytes() const { return weights_bytes_; }
  [[nodiscard]] size_t size_bytes() const { return bytes_.size_bytes(); }

 private:
  [[nodiscard]] Status verify();
  [[nodiscard]] Status verify_header();
  [[nodiscard]] Status verify_sections();
  [[nodiscard]] Status verify_graph(const nb::Section& section);

  FileBytes bytes_;
  const nb::Header* header_ = nullptr;
  const nb::Graph* graph_ = nullptr;
  const std::byte* weights_ = nullptr;
  size_t weights_bytes_ = 0;
};

}  // namespace lite
