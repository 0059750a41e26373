// SPDX-License-Identifier: Apache-2.0
#include "nb/load.h"

#include <cstring>

#include "base/crc32.h"
#include "nb/check.h"

namespace lite {
namespace {

constexpr char kIdentifier[] = "LTNB";
constexpr size_t kIdentifierBytes = 4;
constexpr size_t kTrailerBytes = 16;
constexpr uint64_t kGreatestHeaderBytes = 1 << 20;
constexpr uint32_t kGreatestDepth = 16;
constexpr uint32_t kGreatestTables = 4000000;

struct Trailer {
  char identifier[kIdentifierBytes];
  uint32_t header_crc32;
  uint64_t header_bytes;
};
static_assert(sizeof(Trailer) == kTrailerBytes, "as in nb.fbs");

const char* machine() {
#if defined(__x86_64__) || defined(__i386__)
  return "x86";
#elif defined(__aarch64__) || defined(__arm__)
  return "arm";
#else
  return "other";
#endif
}

const uint8_t* as_bytes(const std::byte* data) { return reinterpret_cast<const uint8_t*>(data); }

flatbuffers::Verifier::Options verifier_options() {
  flatbuffers::Verifier::Options options;
  options.max_depth = kGreatestDepth;
  options.max_tables = kGreatestTables;
  return options;
}

}  // namespace

Result<std::shared_ptr<const Model>> Model::open(const std::string& path) {
  auto model = std::make_shared<Model>();
  LITE_RETURN_IF_ERROR(model->bytes_.map(path).at(path));
  LITE_RETURN_IF_ERROR(model->verify().at(path));
  return std::shared_ptr<const Model>(std::move(model));
}

Result<std::shared_ptr<const Model>> Model::from_memory(const void* data, size_t size_bytes,
                                                        std::shared_ptr<const void> owner) {
  auto model = std::make_shared<Model>();
  LITE_RETURN_IF_ERROR(model->bytes_.take(data, size_bytes, std::move(owner)));
  LITE_RETURN_IF_ERROR(model->verify());
  return std::shared_ptr<const Model>(std::move(model));
}

Status Model::verify() {
  LITE_RETURN_IF_ERROR(verify_header());
  if (header_->format_version() > kFormatVersion)
    return error(
        Code::k_unsupported_version,
        "the file has format version %u, made by %s; it needs %s or later, this is lite %s",
        header_->format_version(), header_->made_by()->c_str(), header_->needs()->c_str(),
        LITE_VERSION);
  if (header_->format_version() == 0)
    return error(Code::k_corrupt_file, "format version 0 does not exist");
  std::string targets;
  for (const auto* target : *header_->targets()) {
    if (target->str() == machine()) return verify_sections();
    targets += (targets.empty() ? "" : ", ") + target->str();
  }
  return error(Code::k_unsupported_target,
               "the file was made for [%s], this machine is %s\nhint: convert the model with "
               "--valid_targets=%s",
               targets.c_str(), machine(), machine());
}

Status Model::verify_header() {
  const size_t size = bytes_.size_bytes();
  const char* foreign =
      "it is not an .nb file, or it is damaged\nhint: `lite opt MODEL -o OUT.nb` makes one";
  Trailer trailer;
  if (size < kTrailerBytes + 2 * kIdentifierBytes)
    return error(Code::k_corrupt_file, "the file has %zu bytes: %s", size, foreign);
  if (std::memcmp(bytes_.data() + kIdentifierBytes, kIdentifier, kIdentifierBytes) != 0)
    return error(Code::k_corrupt_file, "the identifier %s is not at byte 4: %s", kIdentifier,
                 foreign);
  std::memcpy(&trailer, bytes_.data() + size - kTrailerBytes, kTrailerBytes);
  if (std::memcmp(trailer.identifier, kIdentifier, kIdentifierBytes) != 0)
    return error(Code::k_corrupt_file, "the file's end is missing: it is cut off or damaged");
  if (trailer.header_bytes > size - kTrailerBytes || trailer.header_bytes > kGreatestHeaderBytes)
    return error(Code::k_corrupt_file, "the header is said to have %llu bytes of a file of %zu",
                 static_cast<unsigned long long>(trailer.header_bytes), size);
  const size_t header_bytes = static_cast<size_t>(trailer.header_bytes);
  if (crc32(bytes_.data(), header_bytes) != trailer.header_crc32)
    return error(Code::k_corrupt_file,
                 "the checksum of the header does not match: the file is damaged");
  flatbuffers::Verifier verifier(as_bytes(bytes_.data()), header_bytes, verifier_options());
  if (!nb::VerifyHeaderBuffer(verifier))
    return error(Code::k_corrupt_file, "the header's structure is broken");
  header_ = nb::GetHeader(bytes_.data());
  return Status();
}

Status Model::verify_sections() {
  const nb::Section* graph = nullptr;
  for (const nb::Section* section : *header_->sections()) {
    const uint64_t offset = section->offset(), size = section->size(),
                   file_size = bytes_.size_bytes();
    const char* name = section->name()->c_str();
    if (offset > file_size || size > file_size - offset || offset % kAlignment != 0)
      return error(
          Code::k_corrupt_file,
          "section '%s' lies at byte %llu with %llu bytes: not in the file, or not aligned", name,
          static_cast<unsigned long long>(offset), static_cast<unsigned long long>(size));
    if (crc32(bytes_.data() + offset, size) != section->crc32())
      return error(Code::k_corrupt_file,
                   "the checksum of section '%s' does not match: the file is damaged", name);
    if (std::strcmp(name, "graph") == 0) graph = section;
    if (std::strcmp(name, "weights") == 0) {
      weights_ = bytes_.data() + offset;
      weights_bytes_ = static_cast<size_t>(size);
    }
  }
  if (graph == nullptr) return error(Code::k_corrupt_file, "there is no section 'graph'");
  return verify_graph(*graph);
}

Status Model::verify_graph(const nb::Section& section) {
  const std::byte* data = bytes_.data() + section.offset();
  flatbuffers::Verifier verifier(as_bytes(data), section.size(), verifier_options());
  if (!verifier.VerifyBuffer<nb::Graph>(nullptr))
    return error(Code::k_corrupt_file, "the structure of section 'graph' is broken");
  graph_ = flatbuffers::GetRoot<nb::Graph>(data);
  return check_graph(*graph_, {weights_, weights_bytes_});
}

}  // namespace lite
