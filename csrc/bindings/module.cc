// SPDX-License-Identifier: Apache-2.0
// The Python module lite._native: models, sessions, and what this build can do. lite/session.py is
// the door that users see; here arrays are checked and errors become the classes of lite/errors.py.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstring>
#include <exception>

#include "base/cpu.h"
#include "ops/op.h"
#include "plan/session.h"
#include "plan/tune.h"

namespace py = pybind11;

namespace lite {
namespace {

using Array = py::array;

// What a file calls things may be no UTF-8.
py::str text_of(const std::string& bytes) {
  return py::reinterpret_steal<py::str>(
      PyUnicode_DecodeUTF8(bytes.data(), static_cast<py::ssize_t>(bytes.size()), "replace"));
}

py::str text_of(const flatbuffers::String* bytes) { return text_of(bytes->str()); }

// Raises the exception class of the status; the text after "hint: " goes to its hint.
void raise_if_error(const Status& status) {
  if (status.ok()) return;
  constexpr char kHint[] = "\nhint: ";
  const std::string& text = status.text();
  const size_t hint = text.find(kHint);
  const py::object type = py::module_::import("lite.errors").attr(code_exception(status.code()));
  py::dict keywords;
  if (hint != std::string::npos) keywords["hint"] = text_of(text.substr(hint + std::strlen(kHint)));
  const py::object exception = type(text_of(text.substr(0, hint)), **keywords);
  PyErr_SetObject(type.ptr(), exception.ptr());
  throw py::error_already_set();
}

template <class T>
T value_or_raise(Result<T> result) {
  raise_if_error(result.status());
  return std::move(result).value();
}

py::dtype numpy_dtype(DType dtype) {
  constexpr const char* words[kDTypeCount] = {"float32", "float16", "uint16", "float64", "int8",
                                              "uint8",   "int16",   "uint16", "int32",   "uint32",
                                              "int64",   "uint64",  "bool"};
  return py::dtype(words[static_cast<int>(dtype)]);
}

std::vector<py::ssize_t> extents_of(const Shape& shape) {
  return {shape.dims.begin(), shape.dims.begin() + shape.rank};
}

py::tuple tuple_of(const Shape& shape) { return py::cast(extents_of(shape)).cast<py::tuple>(); }

Shape shape_from(const std::vector<int64_t>& extents, const std::string& name) {
  if (extents.size() > static_cast<size_t>(kMaxRank))
    raise_if_error(error(Code::k_bad_shape, "input '%s': rank %zu, expected at most %d",
                         name.c_str(), extents.size(), kMaxRank));
  Shape shape;
  for (int64_t extent : extents) shape[shape.rank++] = extent;
  return shape;
}

// -------------------------------------------------------------------------------------------
// models

py::list declared(const nb::Graph& graph, const flatbuffers::Vector<uint32_t>& indices) {
  py::list rows;
  for (uint32_t index : indices) {
    const nb::Value& value = *graph.values()->Get(index);
    py::list shape;
    for (const nb::Extent* extent : *value.shape()) {
      if (extent->formula() < 0) {
        shape.append(extent->value());
      } else {
        const std::string name = symbol_name(graph, *extent);
        shape.append(text_of(name.empty() ? "?" : name));
      }
    }
    rows.append(py::make_tuple(text_of(value.name()), py::tuple(shape),
                               dtype_name(static_cast<DType>(value.dtype()))));
  }
  return rows;
}

// A model as Python holds it: shared, immutable.
struct PyModel {
  std::shared_ptr<const Model> model;
};

PyModel open_model(const std::string& path) {
  Result<std::shared_ptr<const Model>> result = [&] {
    py::gil_scoped_release released;
    return Model::open(path);
  }();
  return {value_or_raise(std::move(result))};
}

PyModel model_from_bytes(const py::bytes& bytes) {
  char* data = nullptr;
  py::ssize_t size = 0;
  if (PyBytes_AsStringAndSize(bytes.ptr(), &data, &size) != 0) throw py::error_already_set();
  return {value_or_raise(Model::from_memory(data, static_cast<size_t>(size), nullptr))};
}

py::object preprocess_of(const PyModel& self) {
  const nb::Preprocess* preprocess = self.model->graph().preprocess();
  if (preprocess == nullptr) return py::none();
  const auto reals = [](const flatbuffers::Vector<float>* vector) {
    return vector ? py::cast(std::vector<float>(vector->begin(), vector->end())) : py::list();
  };
  py::dict fields;
  fields["resize"] = preprocess->resize();
  fields["crop"] = preprocess->crop();
  fields["mean"] = reals(preprocess->mean());
  fields["std"] = reals(preprocess->std());
  fields["format"] = preprocess->format() ? text_of(preprocess->format()) : py::str("RGB");
  return fields;
}

// -----------------------------------------------------------------------------------------
// tuning

struct PyTuneTable {
  std::shared_ptr<TuneTable> table;

  PyTuneTable() : table(std::make_shared<TuneTable>(value_or_raise(choose_isa()))) {}

  // Of a cache: the table, or why it cannot be used.
  static py::tuple read(const std::string& path) {
    const Result<std::shared_ptr<const TuneTable>> found =
        TuneTable::read(path, value_or_raise(choose_isa()));
    if (!found.ok()) return py::make_tuple(py::none(), text_of(found.status().text()));
    PyTuneTable result;
    result.table->add(*found.value());
    return py::make_tuple(result, "");
  }

  void add(const std::string& layer, int threads,
           const std::vector<std::pair<std::string, double>>& rows) {
    std::vector<Timing> timings;
    for (const auto& [kernel, time_us] : rows)
      timings.push_back({kernel, static_cast<int64_t>(time_us * 1e3 + 0.5)});
    table->add(layer, threads, std::move(timings));
  }
};

// -----------------------------------------------------------------------------------------
// sessions

class PySession {
 public:
  explicit PySession(std::unique_ptr<Session> session) : session_(std::move(session)) {}

  static PySession create(const PyModel& model, int threads, uint64_t arena_limit,
                          const std::string& precision, const PyTuneTable* tuned,
                          const std::string& power_mode) {
    SessionOptions options;
    options.power_mode = value_or_raise(power_mode_named(power_mode));
    options.precision = value_or_raise(precision_named(precision));
    options.threads = threads;
    options.arena_limit_bytes = arena_limit;
    if (tuned != nullptr) options.tuned = tuned->table;
    return PySession(value_or_raise(Session::create(model.model, options)));
  }

  PySession clone(bool separate) const {
    return PySession(value_or_raise(session_->clone(separate)));
  }

  void resize(const std::vector<std::vector<int64_t>>& shapes) {
    std::vector<Shape> wanted;
    for (size_t i = 0; i < shapes.size(); ++i)
      wanted.push_back(shape_from(shapes[i], input_name(i)));
    Status status;
    {
      py::gil_scoped_release released;
      status = session_->resize(wanted);
    }
    raise_if_error(status);
  }

  // With `timed` the per-step times are returned too, as (begin ns, end ns). The turn lasts until
  // the outputs are copied: another thread may come in wherever the GIL is released.
  py::tuple run(const std::vector<Array>& feeds, bool copy, bool timed) {
    Session::Turn turn = value_or_raise(session_->take_turn());
    const std::vector<Shape> shapes = checked_shapes(feeds);
    std::vector<const void*> pointers;
    for (const Array& feed : feeds) pointers.push_back(feed.data());
    std::vector<StepTime> times;
    Status status;
    {
      py::gil_scoped_release released;
      status = run_released(turn, shapes, pointers, timed ? &times : nullptr);
    }
    raise_if_error(status);
    py::list outputs, spans;
    for (size_t i = 0; i < graph().outputs()->size(); ++i)
      outputs.append(output(*turn.plan(), i, copy));
    for (const StepTime& time : times) spans.append(py::make_tuple(time.begin_ns, time.end_ns));
    return py::make_tuple(outputs, spans);
  }

  py::object input_shapes() const {
    const std::shared_ptr<const Plan> plan = session_->plan();
    if (plan == nullptr) return py::none();
    py::list shapes;
    for (size_t i = 0; i < graph().inputs()->size(); ++i)
      shapes.append(tuple_of(plan->input(i).shape));
    return shapes;
  }

  py::object output_shapes() const {
    const std::shared_ptr<const Plan> plan = session_->plan();
    if (plan == nullptr) return py::none();
    py::list shapes;
    for (size_t i = 0; i < graph().outputs()->size(); ++i)
      shapes.append(tuple_of(plan->output(i).shape));
    return shapes;
  }

  py::object memory() const {
    const std::shared_ptr<const Plan> plan = session_->plan();
    if (plan == nullptr) return py::none();
    const MemoryReport& report = plan->memory();
    py::dict fields;
    fields["arena_bytes"] = report.arena_bytes;
    fields["lower_bound_bytes"] = report.lower_bound_bytes;
    fields["scratch_bytes"] = report.scratch_bytes;
    fields["weights_bytes"] = report.weights_bytes;
    return fields;
  }

  // (name, op, kernel, input shapes, output shapes) of each step.
  py::list steps() const {
    py::list rows;
    const std::shared_ptr<const Plan> plan = session_->plan();
    if (plan == nullptr) return rows;
    for (const Step& step : plan->steps()) {
      const nb::Node& node = *graph().nodes()->Get(step.node);
      rows.append(py::make_tuple(text_of(node.name()), text_of(node.op()), step.op->kernel(),
                                 shapes_of(step.context.inputs), shapes_of(step.context.outputs)));
    }
    return rows;
  }

  // (layer, name of its first node, nodes, [(kernel, us)]) of each layer that has a choice. What
  // the callback raises waits until the core, which knows no exceptions, has returned.
  py::list tune(const py::function& progress) {
    std::exception_ptr raised;
    const auto guarded = [&](size_t done, size_t total) {
      const py::gil_scoped_acquire acquired;
      try {
        return progress(done, total).cast<bool>();
      } catch (...) {
        raised = std::current_exception();
        return false;
      }
    };
    Result<std::vector<TunedLayer>> result = [&] {
      const py::gil_scoped_release released;
      return lite::tune(*session_, guarded);
    }();
    if (raised != nullptr) std::rethrow_exception(raised);
    const std::vector<TunedLayer> layers = value_or_raise(std::move(result));
    py::list rows;
    for (const TunedLayer& layer : layers) {
      py::list timings;
      for (const Timing& timing : layer.timings)
        timings.append(py::make_tuple(timing.kernel, static_cast<double>(timing.time_ns) / 1e3));
      rows.append(py::make_tuple(layer.layer, text_of(layer.name), layer.nodes, timings));
    }
    return rows;
  }

  const char* isa() const { return isa_name(session_->isa()); }
  py::str note() const { return text_of(session_->note()); }
  const char* precision() const { return precision_name(session_->options().precision); }
  int threads() const { return session_->options().threads; }

 private:
  const nb::Graph& graph() const { return session_->model().graph(); }

  std::string input_name(size_t index) const {
    if (index >= graph().inputs()->size()) return std::to_string(index);
    return graph()
        .values()
        ->Get(graph().inputs()->Get(static_cast<uint32_t>(index)))
        ->name()
        ->str();
  }

  static py::list shapes_of(Span<const Tensor> tensors) {
    py::list shapes;
    for (const Tensor& tensor : tensors) shapes.append(tuple_of(tensor.shape));
    return shapes;
  }

  // Without the GIL: plans again if the shapes are new, and runs.
  static Status run_released(Session::Turn& turn, const std::vector<Shape>& shapes,
                             const std::vector<const void*>& feeds, std::vector<StepTime>* times) {
    if (!is_planned_for(turn.plan(), shapes)) LITE_RETURN_IF_ERROR(turn.resize(shapes));
    if (times == nullptr) return turn.run(feeds);
    times->resize(turn.plan()->steps().size());
    return turn.run(feeds, *times);
  }

  static bool is_planned_for(const Plan* plan, const std::vector<Shape>& shapes) {
    if (plan == nullptr) return false;
    for (size_t i = 0; i < shapes.size(); ++i)
      if (plan->input(i).shape != shapes[i]) return false;
    return true;
  }

  // Checks number, types and layout.
  std::vector<Shape> checked_shapes(const std::vector<Array>& feeds) const {
    if (feeds.size() != graph().inputs()->size())
      raise_if_error(error(Code::k_bad_input, "got %zu inputs, expected %u", feeds.size(),
                           graph().inputs()->size()));
    std::vector<Shape> shapes;
    for (size_t i = 0; i < feeds.size(); ++i) {
      check_type(feeds[i], i);
      shapes.push_back(
          shape_from({feeds[i].shape(), feeds[i].shape() + feeds[i].ndim()}, input_name(i)));
    }
    return shapes;
  }

  void check_type(const Array& feed, size_t index) const {
    const nb::Value& value =
        *graph().values()->Get(graph().inputs()->Get(static_cast<uint32_t>(index)));
    const py::dtype expected = numpy_dtype(static_cast<DType>(value.dtype()));
    if (!feed.dtype().equal(expected)) {
      const std::string got = py::str(feed.dtype()), wanted = py::str(expected);
      raise_if_error(error(Code::k_bad_input,
                           "input '%s': got %s, expected %s\nhint: array.astype(\"%s\")",
                           value.name()->c_str(), got.c_str(), wanted.c_str(), wanted.c_str()));
    }
    const bool aligned = (feed.flags() & py::detail::npy_api::NPY_ARRAY_ALIGNED_) != 0;
    if ((feed.flags() & py::array::c_style) == 0 || !aligned)
      raise_if_error(error(Code::k_bad_input, "input '%s': the array is not contiguous and aligned",
                           value.name()->c_str()));
  }

  static Array output(const Plan& plan, size_t index, bool copy) {
    const Tensor& tensor = plan.output(index);
    const std::vector<py::ssize_t> shape = extents_of(tensor.shape);
    if (copy || !plan.output_in_arena(index)) {
      Array array(numpy_dtype(tensor.dtype), shape);
      if (tensor.size_bytes() != 0)
        std::memcpy(array.mutable_data(), tensor.data, tensor.size_bytes());
      return array;
    }
    auto* keeper = new std::shared_ptr<Memory>(plan.arena());
    const py::capsule base(keeper,
                           [](void* held) { delete static_cast<std::shared_ptr<Memory>*>(held); });
    return Array(numpy_dtype(tensor.dtype), shape, tensor.data, base);
  }

  std::unique_ptr<Session> session_;
};

// ------------------------------------------------------------------------------------- what there
// is

std::vector<std::string> op_names() {
  std::vector<std::string> names;
  for (const OpEntry* entry : all_ops()) names.emplace_back(entry->name);
  return names;
}

py::list op_table() {
  py::list rows;
  for (const OpEntry* entry : all_ops()) {
    py::dict row;
    row["name"] = entry->name;
    row["attributes"] = py::str(entry->attributes).attr("split")();
    row["dtypes"] = py::str(entry->dtypes).attr("split")();
    row["in_place"] = (entry->flags & kInPlace) != 0;
    row["alias"] = (entry->flags & kAlias) != 0;
    rows.append(row);
  }
  return rows;
}

std::vector<std::string> usable_isa_names() {
  std::vector<std::string> names;
  for (Isa isa : usable_isas()) names.emplace_back(isa_name(isa));
  return names;
}

bool fast_differs_here() { return fast_differs(value_or_raise(choose_isa())); }

std::string chosen_isa() { return isa_name(value_or_raise(choose_isa())); }

}  // namespace
}  // namespace lite

PYBIND11_MODULE(_native, module) {
  using lite::PyModel;
  using lite::PySession;
  module.doc() = "The inference engine. Use it through lite.Model.";
  module.attr("version") = LITE_VERSION;
  module.attr("format_version") = lite::kFormatVersion;
  module.def("ops", &lite::op_names, "Names of the ops that have kernels, sorted.");
  module.def("op_table", &lite::op_table,
             "One dict per op that has kernels: what its file declares.");
  module.def("usable_isas", &lite::usable_isa_names, "Instruction sets that this machine can use.");
  module.def("isa", &lite::chosen_isa, "The instruction set that sessions use.");

  module.def("fast_differs", &lite::fast_differs_here,
             "Whether sessions of precision fast differ from exact ones here.");

  py::class_<PyModel>(module, "Model")
      .def_static("open", &lite::open_model, py::arg("path"))
      .def_static("from_bytes", &lite::model_from_bytes, py::arg("data"))
      .def("inputs",
           [](const PyModel& self) {
             return lite::declared(self.model->graph(), *self.model->graph().inputs());
           })
      .def("outputs",
           [](const PyModel& self) {
             return lite::declared(self.model->graph(), *self.model->graph().outputs());
           })
      .def_property_readonly(
          "name", [](const PyModel& self) { return lite::text_of(self.model->graph().name()); })
      .def_property_readonly(
          "made_by",
          [](const PyModel& self) { return lite::text_of(self.model->header().made_by()); })
      .def_property_readonly("size_bytes",
                             [](const PyModel& self) { return self.model->size_bytes(); })
      .def_property_readonly("weights_bytes",
                             [](const PyModel& self) { return self.model->weights_bytes(); })
      .def_property_readonly("preprocess", &lite::preprocess_of);

  module.def("cpu_name", &lite::cpu_name, "The processor, as tuning caches name it.");
  py::class_<lite::PyTuneTable>(module, "TuneTable")
      .def(py::init<>())
      .def_static("read", &lite::PyTuneTable::read, py::arg("path"))
      .def("add", &lite::PyTuneTable::add, py::arg("layer"), py::arg("threads"), py::arg("timings"))
      .def("merge", [](lite::PyTuneTable& self,
                       const lite::PyTuneTable& other) { self.table->add(*other.table); })
      .def("kernel", [](const lite::PyTuneTable& self, const std::string& layer,
                        int threads) { return self.table->kernel(layer, threads); })
      .def("text", [](const lite::PyTuneTable& self) { return self.table->text(); })
      .def("__len__", [](const lite::PyTuneTable& self) { return self.table->size(); });

  py::class_<PySession>(module, "Session")
      .def_static("create", &PySession::create, py::arg("model"), py::arg("threads"),
                  py::arg("arena_limit"), py::arg("precision"), py::arg("tuned") = nullptr,
                  py::arg("power_mode") = "no_bind")
      .def("tune", &PySession::tune, py::arg("progress"))
      .def("clone", &PySession::clone, py::arg("separate"))
      .def("resize", &PySession::resize, py::arg("shapes"))
      .def("run", &PySession::run, py::arg("feeds"), py::arg("copy"), py::arg("timed"))
      .def("input_shapes", &PySession::input_shapes)
      .def("output_shapes", &PySession::output_shapes)
      .def("memory", &PySession::memory)
      .def("steps", &PySession::steps)
      .def_property_readonly("isa", &PySession::isa)
      .def_property_readonly("note", &PySession::note)
      .def_property_readonly("precision", &PySession::precision)
      .def_property_readonly("threads", &PySession::threads);
}
