// SPDX-License-Identifier: Apache-2.0
// fuzz_nb COUNT SEED FILE.nb...: COUNT random mutations of each file, and every byte of it XORed
// once, are loaded, planned and run. Half of them get right checksums again, so that they reach
// what lies behind. Built with sanitizers, any fault ends it; otherwise it prints how many ran and
// how many were refused.
// fuzz_nb - FOLDER: its files are loaded, planned and run as they are.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "base/crc32.h"
#include "plan/session.h"

namespace {

using Bytes = std::vector<std::byte>;

constexpr size_t kGreatestXors = 20000;  // of a longer file only every so-manieth byte
constexpr uint64_t kArenaLimit = uint64_t{16} << 20;

struct Region {
  size_t offset, size;
};

Bytes read_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  Bytes bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

uint64_t header_size(const Bytes& bytes) {
  uint64_t size = 0;
  std::memcpy(&size, bytes.data() + bytes.size() - 8, 8);
  return size;
}

// The header first, then the sections.
std::vector<Region> regions(const Bytes& bytes) {
  std::vector<Region> found = {{0, static_cast<size_t>(header_size(bytes))}};
  for (const lite::nb::Section* section : *lite::nb::GetHeader(bytes.data())->sections())
    found.push_back({static_cast<size_t>(section->offset()), static_cast<size_t>(section->size())});
  return found;
}

// Makes the checksums right after a section was changed; not if the header itself was.
void repair(Bytes& bytes, const std::vector<Region>& places, bool header_changed) {
  if (!header_changed) {
    auto* header = flatbuffers::GetMutableRoot<lite::nb::Header>(bytes.data());
    for (uint32_t i = 0; i < header->sections()->size(); ++i) {
      const Region& place = places[i + 1];
      auto* section = const_cast<lite::nb::Section*>(header->sections()->Get(i));
      reinterpret_cast<flatbuffers::Table*>(section)->SetField<uint32_t>(
          lite::nb::Section::VT_CRC32, lite::crc32(bytes.data() + place.offset, place.size), 0);
    }
  }
  const uint32_t crc = lite::crc32(bytes.data(), places[0].size);
  std::memcpy(bytes.data() + bytes.size() - 12, &crc, 4);
}

std::byte changed(std::byte old, std::mt19937& random) {
  const uint8_t choices[] = {
      0,
      1,
      2,
      8,
      0x7F,
      0x80,
      0xFF,
      static_cast<uint8_t>(random()),
      static_cast<uint8_t>(static_cast<uint8_t>(old) ^ (1u << random() % 8))};
  return static_cast<std::byte>(choices[random() % sizeof(choices)]);
}

Bytes mutate(const Bytes& original, const std::vector<Region>& places, std::mt19937& random) {
  Bytes bytes = original;
  if (random() % 20 == 0) {
    bytes.resize(random() % bytes.size());
    return bytes;
  }
  const size_t chosen = random() % 8 == 0 ? 0 : random() % 8 == 0 ? random() % places.size() : 1;
  const Region& place = places[chosen];
  for (size_t i = 0, times = 1 + (random() % 2) * (random() % 4); i < times; ++i) {
    std::byte& byte = bytes[place.offset + random() % place.size];
    byte = changed(byte, random);
  }
  if (random() % 4 != 0) repair(bytes, places, chosen == 0);
  return bytes;
}

std::vector<lite::Shape> smallest_shapes(const lite::nb::Graph& graph) {
  std::vector<lite::Shape> shapes;
  for (uint32_t input : *graph.inputs()) {
    lite::Shape shape;
    for (const lite::nb::Extent* extent : *graph.values()->Get(input)->shape())
      shape[shape.rank++] = extent->formula() < 0 ? extent->value() : 2;
    shapes.push_back(shape);
  }
  return shapes;
}

lite::Status run_once(const Bytes& bytes) {
  LITE_ASSIGN_OR_RETURN(auto model, lite::Model::from_memory(bytes.data(), bytes.size(), nullptr));
  LITE_ASSIGN_OR_RETURN(auto session, lite::Session::create(model, {1, kArenaLimit}));
  if (session->plan() == nullptr)
    LITE_RETURN_IF_ERROR(session->resize(smallest_shapes(model->graph())));
  std::vector<std::vector<uint8_t>> inputs;
  std::vector<const void*> pointers;
  for (uint32_t i = 0; i < model->graph().inputs()->size(); ++i) {
    if (session->plan()->input(i).size_bytes() > kArenaLimit)
      return lite::error(lite::Code::k_out_of_memory, "the input is too large for a test");
    inputs.emplace_back(session->plan()->input(i).size_bytes(), static_cast<uint8_t>(1));
    pointers.push_back(inputs.back().data());
  }
  LITE_RETURN_IF_ERROR(session->run(pointers));
  for (uint32_t i = 0; i < model->graph().outputs()->size(); ++i) {
    const lite::Tensor& output = session->plan()->output(i);
    std::vector<std::byte> copy(output.size_bytes());
    if (!copy.empty()) std::memcpy(copy.data(), output.data, copy.size());
  }
  return lite::Status();
}

using Results = std::map<std::string, long>;

void note(const Bytes& bytes, Results& results) {
  const char* save = std::getenv("FUZZ_NB_SAVE");  // the last file tried, to look at after a fault
  if (save != nullptr)
    std::ofstream(save, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  const lite::Status status = run_once(bytes);
  ++results[status.ok() ? "ran" : lite::code_exception(status.code())];
}

void run_folder(const char* folder, Results& results) {
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    note(read_file(entry.path().c_str()), results);
}

void mutate_file(Bytes bytes, int mutations, std::mt19937& random, Results& results) {
  const std::vector<Region> places = regions(bytes);
  const size_t stride = 1 + bytes.size() / kGreatestXors;
  for (size_t place = 0; place < bytes.size(); place += stride) {
    bytes[place] ^= std::byte{0xFF};
    note(bytes, results);
    bytes[place] ^= std::byte{0xFF};
  }
  for (int i = 0; i < mutations; ++i) note(mutate(bytes, places, random), results);
}

}  // namespace

int main(int count, char** texts) {
  Results results;
  if (count == 3 && std::strcmp(texts[1], "-") == 0) {
    run_folder(texts[2], results);
  } else if (count < 4) {
    return 2;
  }
  std::mt19937 random(static_cast<uint32_t>(count > 3 ? std::atoi(texts[2]) : 0));
  for (int file = 3; file < count; ++file) {
    const Bytes bytes = read_file(texts[file]);
    if (const lite::Status status = run_once(bytes); !status.ok()) {
      std::fprintf(stderr, "%s: %s\n", texts[file], status.text().c_str());
      return 1;
    }
    mutate_file(bytes, std::atoi(texts[1]), random, results);
  }
  for (const auto& [result, times] : results) std::printf("%s %ld\n", result.c_str(), times);
  return 0;
}
