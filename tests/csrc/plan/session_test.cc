// SPDX-License-Identifier: Apache-2.0
// Threads: one model with a session for each of them, and several that fight over one session.
// Meant for ThreadSanitizer too, which sees what merely happens to give the right numbers.
#include "plan/session.h"

#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

#include "base/crc32.h"
#include "check.h"

namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;
namespace nb = lite::nb;

constexpr int64_t kWidth = 64;
constexpr float kFactor = 3.0f;

template <class T>
using Rows = std::vector<Offset<T>>;

std::vector<uint8_t> finished(FlatBufferBuilder& builder) {
  return {builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize()};
}

uint32_t checksum(const std::vector<uint8_t>& bytes) {
  return lite::crc32(reinterpret_cast<const std::byte*>(bytes.data()), bytes.size());
}

// tripled[n, kWidth] = x * factor; y = tripled + x
std::vector<uint8_t> graph_bytes() {
  FlatBufferBuilder builder;
  const std::vector<nb::Extent> shape = {{0, 0}, {kWidth, -1}}, one = {{1, -1}};
  const std::vector<nb::FormulaStep> steps = {{0, nb::FormulaCode_symbol}};
  const Rows<nb::Formula> formulas = {nb::CreateFormulaDirect(builder, &steps)};
  const Rows<nb::Symbol> symbols = {nb::CreateSymbolDirect(builder, "n", 0, 0, 1, 1 << 20)};
  const auto factor = nb::CreateConstant(builder, 0, sizeof(kFactor));
  const Rows<nb::Value> values = {
      nb::CreateValueDirect(builder, "x", nb::DType_f32, &shape),
      nb::CreateValueDirect(builder, "factor", nb::DType_f32, &one, factor),
      nb::CreateValueDirect(builder, "tripled", nb::DType_f32, &shape),
      nb::CreateValueDirect(builder, "y", nb::DType_f32, &shape)};
  const Rows<nb::Attribute> none;
  const std::vector<int32_t> of_mul = {0, 1}, of_add = {2, 0};
  const std::vector<uint32_t> by_mul = {2}, by_add = {3}, inputs = {0}, outputs = {3};
  const Rows<nb::Node> nodes = {
      nb::CreateNodeDirect(builder, "mul", "mul", &of_mul, &by_mul, &none),
      nb::CreateNodeDirect(builder, "add", "add", &of_add, &by_add, &none)};
  builder.Finish(
      nb::CreateGraphDirect(builder, "g", &values, &nodes, &inputs, &outputs, &symbols, &formulas));
  return finished(builder);
}

struct Part {
  const char* name;
  std::vector<uint8_t> bytes;
  size_t offset = 0;
};

std::vector<uint8_t> header_bytes(const std::vector<Part>& parts) {
  FlatBufferBuilder builder;
  builder.ForceDefaults(true);  // its size must not depend on the offsets
  const Rows<flatbuffers::String> targets = {builder.CreateString("arm"),
                                             builder.CreateString("x86")};
  Rows<nb::Section> sections;
  for (const Part& part : parts)
    sections.push_back(nb::CreateSectionDirect(builder, part.name, part.offset, part.bytes.size(),
                                               checksum(part.bytes)));
  nb::FinishHeaderBuffer(builder, nb::CreateHeaderDirect(builder, lite::kFormatVersion, "test",
                                                         "test", &targets, &sections));
  return finished(builder);
}

void append(std::vector<uint8_t>& file, const void* data, size_t size) {
  const auto* bytes = static_cast<const uint8_t*>(data);
  file.insert(file.end(), bytes, bytes + size);
}

std::vector<uint8_t> file_bytes() {
  std::vector<Part> parts = {{"graph", graph_bytes()}, {"weights", {}}};
  append(parts[1].bytes, &kFactor, sizeof(kFactor));
  size_t end = header_bytes(parts).size();
  for (Part& part : parts) {
    part.offset = (end + lite::kAlignment - 1) / lite::kAlignment * lite::kAlignment;
    end = part.offset + part.bytes.size();
  }
  std::vector<uint8_t> file = header_bytes(parts);
  const uint64_t header_size = file.size();
  const uint32_t header_crc = checksum(file);
  for (const Part& part : parts) {
    file.resize(part.offset);
    append(file, part.bytes.data(), part.bytes.size());
  }
  append(file, "LTNB", 4);
  append(file, &header_crc, sizeof(header_crc));
  append(file, &header_size, sizeof(header_size));
  return file;
}

std::shared_ptr<const lite::Model> loaded() {
  const std::vector<uint8_t> bytes = file_bytes();
  auto model = lite::Model::from_memory(bytes.data(), bytes.size(), nullptr);
  if (!model.ok()) std::fprintf(stderr, "%s\n", model.status().text().c_str());
  CHECK(model.ok());
  return model.ok() ? model.value() : nullptr;
}

lite::Shape shape_of(int64_t rows) {
  lite::Shape shape;
  shape.rank = 2;
  shape[0] = rows;
  shape[1] = kWidth;
  return shape;
}

// Whether the turn's outputs are those of `rows` rows filled with `number`.
bool is_right(const lite::Session::Turn& turn, int64_t rows, float number) {
  const lite::Tensor& output = turn.plan()->output(0);
  if (output.shape != shape_of(rows)) return false;
  const float* y = output.as<float>();
  for (int64_t i = 0; i < rows * kWidth; ++i)
    if (y[i] != number * kFactor + number) return false;
  return true;
}

// One turn: other shapes, a run, the outputs. False if the session is another's at the moment.
bool work(lite::Session& session, int64_t rows, float number, std::atomic<int>& wrong) {
  lite::Result<lite::Session::Turn> taken = session.take_turn();
  if (!taken.ok()) {
    if (taken.status().code() != lite::Code::k_invalid_argument) ++wrong;
    return false;
  }
  lite::Session::Turn turn = std::move(taken).value();
  const std::vector<float> x(static_cast<size_t>(rows * kWidth), number);
  const std::vector<const void*> feeds = {x.data()};
  const std::vector<lite::Shape> shapes = {shape_of(rows)};
  const bool ran = turn.resize(shapes).ok() && turn.run(feeds).ok();
  if (!ran || !is_right(turn, rows, number)) ++wrong;
  return true;
}

template <class Body>
void on_threads(int count, const Body& body) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back(body, i);
  for (std::thread& thread : threads) thread.join();
}

void each_thread_its_own_session(const std::shared_ptr<const lite::Model>& model) {
  std::atomic<int> wrong{0};
  on_threads(8, [&](int thread) {
    auto session = lite::Session::create(model, {1 + thread % 2, 0});
    if (!session.ok()) {
      ++wrong;
      return;
    }
    for (int round = 0; round < 20; ++round)
      if (!work(*session.value(), 1 + (thread + round) % 3 * 500, static_cast<float>(thread),
                wrong))
        ++wrong;
  });
  CHECK(wrong == 0);
}

// While two threads resize and run one session, a third asks for its shapes and clones it.
void several_threads_one_session(const std::shared_ptr<const lite::Model>& model) {
  auto created = lite::Session::create(model, {2, 0});
  CHECK(created.ok());
  if (!created.ok()) return;
  lite::Session& session = *created.value();
  std::atomic<int> wrong{0}, ran{0}, left{2};
  on_threads(3, [&](int thread) {
    if (thread < 2) {
      for (int round = 0; round < 200; ++round)
        ran += work(session, thread == 0 ? 3 : 700, static_cast<float>(thread + 1), wrong);
      --left;
      return;
    }
    while (left != 0) {
      const std::shared_ptr<const lite::Plan> plan = session.plan();
      if (plan != nullptr && plan->output(0).shape != plan->input(0).shape) ++wrong;
      if (!session.clone().ok()) ++wrong;
    }
  });
  CHECK(wrong == 0);
  CHECK(ran > 0);
}

void turns_exclude_each_other(const std::shared_ptr<const lite::Model>& model) {
  auto created = lite::Session::create(model, {});
  CHECK(created.ok());
  if (!created.ok()) return;
  lite::Session& session = *created.value();
  const std::vector<lite::Shape> shapes = {shape_of(2)};
  {
    lite::Result<lite::Session::Turn> turn = session.take_turn();
    CHECK(turn.ok());
    CHECK(!session.take_turn().ok());
    CHECK(session.resize(shapes).text().find("clone") != std::string::npos);
    CHECK(!session.run({}).ok());
  }
  CHECK(session.resize(shapes).ok());
}

}  // namespace

int main() {
  const std::shared_ptr<const lite::Model> model = loaded();
  if (model != nullptr) {
    each_thread_its_own_session(model);
    several_threads_one_session(model);
    turns_exclude_each_other(model);
  }
  return check_result();
}
