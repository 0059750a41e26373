// SPDX-License-Identifier: Apache-2.0
// golden_nb THREADS FOLDER [fast]: runs the golden vectors of each .nb file in it, for the machines
// where there is no Python. Prints a line for every output with bytes that differ, and how many
// outputs were the same at the end; exits with 1 if any differs. Fast sessions may differ in floats
// by the file's tolerance, as a share of the range; by how much they do, and whether another
// element is the greatest, is printed.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "base/status.h"
#include "nb/load.h"
#include "nb_generated.h"
#include "plan/session.h"

namespace {

using lite::nb::Array;
using Arrays = flatbuffers::Vector<flatbuffers::Offset<Array>>;
using Bytes = std::vector<char>;

Bytes read_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(file), {});
}

// Only for files that we wrote ourselves: the golden vectors are not verified.
const lite::nb::Golden* golden_of(const lite::Model& model, const Bytes& bytes) {
  for (const lite::nb::Section* section : *model.header().sections())
    if (section->name()->str() == "golden")
      return flatbuffers::GetRoot<lite::nb::Golden>(bytes.data() + section->offset());
  return nullptr;
}

const Array* find(const Arrays& arrays, const std::string& name) {
  for (const Array* array : arrays)
    if (array->name()->str() == name) return array;
  return nullptr;
}

lite::Shape shape_of(const Array& array) {
  lite::Shape shape;
  for (int64_t extent : *array.shape()) shape[shape.rank++] = extent;
  return shape;
}

struct Difference {
  double greatest = 0;  // as a share of the range
  int64_t answer = 0;   // the greatest element
  bool other_answer = false;
};

Difference difference_of(const Array& expected, const lite::Tensor& found) {
  const float* wanted = reinterpret_cast<const float*>(expected.data()->data());
  const float* got = found.as<float>();
  const int64_t count = found.shape.count();
  Difference difference;
  if (count == 0) return difference;
  const auto [least, most] = std::minmax_element(wanted, wanted + count);
  const double range = static_cast<double>(*most) - static_cast<double>(*least);
  for (int64_t i = 0; i < count; ++i)
    difference.greatest =
        std::max(difference.greatest, std::fabs(static_cast<double>(got[i] - wanted[i])));
  if (difference.greatest > 0) difference.greatest /= range > 0 ? range : 1;
  difference.answer = std::max_element(got, got + count) - got;
  difference.other_answer = difference.answer != most - wanted;
  return difference;
}

class Tally {
 public:
  long same = 0, different = 0;

  void compare_near(const char* file, const Array& expected, const lite::Tensor& found,
                    double tolerance) {
    if (found.size_bytes() != expected.data()->size() || found.dtype != lite::DType::f32)
      return compare(file, expected, found);
    const Difference difference = difference_of(expected, found);
    (difference.greatest <= tolerance ? same : different) += 1;
    std::printf("%s %s: off by %.5f of the range, answer %ld%s\n", file, expected.name()->c_str(),
                difference.greatest, static_cast<long>(difference.answer),
                difference.other_answer ? ", another one" : "");
  }

  void compare(const char* file, const Array& expected, const lite::Tensor& found) {
    long bytes = 0;
    const bool sized = found.size_bytes() == expected.data()->size();
    for (size_t i = 0; sized && i < found.size_bytes(); ++i)
      bytes += static_cast<uint8_t>(found.data[i]) !=
               expected.data()->Get(static_cast<flatbuffers::uoffset_t>(i));
    (sized && bytes == 0 ? same : different) += 1;
    if (!sized || bytes != 0)
      std::printf("%s %s: %ld bytes differ\n", file, expected.name()->c_str(), bytes);
  }
};

// Without a tolerance all bytes must be the same.
lite::Status run_case(const char* file, const lite::nb::Case& golden, lite::Session& session,
                      const double* tolerance, Tally& tally) {
  const lite::nb::Graph& graph = session.model().graph();
  std::vector<lite::Shape> shapes;
  std::vector<const void*> inputs;
  for (uint32_t input : *graph.inputs()) {
    const Array* array = find(*golden.inputs(), graph.values()->Get(input)->name()->str());
    if (array == nullptr) return lite::error(lite::Code::k_invalid_argument, "an input is missing");
    shapes.push_back(shape_of(*array));
    inputs.push_back(array->data()->data());
  }
  LITE_RETURN_IF_ERROR(session.resize(shapes));
  LITE_RETURN_IF_ERROR(session.run(inputs));
  for (size_t i = 0; i < graph.outputs()->size(); ++i) {
    const uint32_t output = graph.outputs()->Get(static_cast<uint32_t>(i));
    const Array* expected = find(*golden.outputs(), graph.values()->Get(output)->name()->str());
    if (expected == nullptr) continue;
    const lite::Tensor& found = session.plan()->output(i);
    tolerance ? tally.compare_near(file, *expected, found, *tolerance)
              : tally.compare(file, *expected, found);
  }
  return lite::Status();
}

lite::Status run_file(const char* file, int threads, lite::Precision precision, Tally& tally) {
  const Bytes bytes = read_file(file);
  LITE_ASSIGN_OR_RETURN(auto model, lite::Model::open(file));
  const lite::nb::Golden* golden = golden_of(*model, bytes);
  if (golden == nullptr)
    return lite::error(lite::Code::k_invalid_argument, "there are no golden vectors");
  LITE_ASSIGN_OR_RETURN(auto session, lite::Session::create(model, {threads, 0, precision}));
  const double tolerance = static_cast<double>(golden->tolerance());
  for (const lite::nb::Case* golden_case : *golden->cases())
    LITE_RETURN_IF_ERROR(run_case(file, *golden_case, *session,
                                  precision == lite::Precision::fast ? &tolerance : nullptr,
                                  tally));
  return lite::Status();
}

}  // namespace

int main(int count, char** texts) {
  if (count != 3 && count != 4) return 2;
  const auto precision = lite::precision_named(count == 4 ? texts[3] : "exact");
  if (!precision.ok()) return 2;
  Tally tally;
  for (const auto& entry : std::filesystem::directory_iterator(texts[2])) {
    if (entry.path().extension() != ".nb") continue;
    const std::string file = entry.path().string();
    const lite::Status status =
        run_file(file.c_str(), std::atoi(texts[1]), precision.value(), tally);
    if (status.ok()) continue;
    std::printf("%s: %s\n", file.c_str(), status.text().c_str());
    ++tally.different;
  }
  std::printf("%ld same, %ld different\n", tally.same, tally.different);
  return tally.different == 0 ? 0 : 1;
}
