// SPDX-License-Identifier: Apache-2.0
#include "base/sparse.h"

#include <cstring>

namespace lite {
namespace {

constexpr uint64_t kLimit = uint64_t{1} << 31, kColumnLimit = uint64_t{1} << 16;
constexpr uint64_t kAlignment = 64;

struct Header {
  uint32_t n, k, rows, stored;
};

uint64_t columns_offset(const Header& header) {
  const uint64_t groups = (uint64_t{header.n} + header.rows - 1) / header.rows;
  return sizeof(Header) + (groups + 1) * sizeof(uint32_t);
}

uint64_t values_offset(const Header& header) {
  const uint64_t end = columns_offset(header) + uint64_t{header.stored} * sizeof(uint16_t);
  return (end + kAlignment - 1) / kAlignment * kAlignment;
}

Header header_of(const std::byte* bytes) {
  Header header;
  std::memcpy(&header, bytes, sizeof(header));
  return header;
}

// The columns of a group rise and exist.
bool columns_fit(const SparseWeights& weights, int64_t group) {
  const int64_t begin = weights.begins[group], end = weights.begins[group + 1];
  if (begin > end || end > weights.stored) return false;
  int64_t before = -1;
  for (int64_t i = begin; i < end; before = weights.columns[i++])
    if (weights.columns[i] <= before || weights.columns[i] >= weights.k) return false;
  return true;
}

}  // namespace

SparseWeights sparse_weights(const std::byte* bytes) {
  const Header header = header_of(bytes);
  SparseWeights weights;
  weights.n = header.n;
  weights.k = header.k;
  weights.rows = header.rows;
  weights.stored = header.stored;
  weights.begins = reinterpret_cast<const uint32_t*>(bytes + sizeof(Header));
  weights.columns = reinterpret_cast<const uint16_t*>(bytes + columns_offset(header));
  weights.values = reinterpret_cast<const float*>(bytes + values_offset(header));
  return weights;
}

Status check_sparse(Span<const std::byte> bytes, uint64_t n, uint64_t k) {
  if (n >= kLimit || k > kColumnLimit || bytes.size() < sizeof(Header))
    return error(Code::k_corrupt_file, "sparse weights of %llu by %llu in %zu bytes cannot be",
                 static_cast<unsigned long long>(n), static_cast<unsigned long long>(k),
                 bytes.size());
  const Header header = header_of(bytes.data());
  if (header.n != n || header.k != k)
    return error(Code::k_corrupt_file, "sparse weights are %u by %u, expected %llu by %llu",
                 header.n, header.k, static_cast<unsigned long long>(n),
                 static_cast<unsigned long long>(k));
  if (header.rows != 1 && header.rows != 2 && header.rows != 4)
    return error(Code::k_corrupt_file, "sparse weights in groups of %u channels", header.rows);
  const uint64_t expected =
      values_offset(header) + uint64_t{header.stored} * header.rows * sizeof(float);
  if (bytes.size() != expected)
    return error(Code::k_corrupt_file, "sparse weights have %zu bytes, expected %llu", bytes.size(),
                 static_cast<unsigned long long>(expected));
  const SparseWeights weights = sparse_weights(bytes.data());
  bool fit = weights.begins[0] == 0 &&
             weights.begins[weights.groups()] == static_cast<uint32_t>(weights.stored);
  for (int64_t group = 0; fit && group < weights.groups(); ++group)
    fit = columns_fit(weights, group);
  return fit ? Status() : error(Code::k_corrupt_file, "the columns of sparse weights do not fit");
}

}  // namespace lite
