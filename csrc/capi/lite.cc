// SPDX-License-Identifier: Apache-2.0
#include "lite/lite.h"

#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <vector>

#include "ops/checks.h"
#include "plan/session.h"

#define LITE_STATUS(name, exception, sentence) +1
static_assert(LITE_INTERNAL + 1 == 0
#include "base/status.inc"
              ,
              "lite_status has one entry per row of status.inc");
#undef LITE_STATUS
static_assert(LITE_BOOL + 1 == lite::kDTypeCount && LITE_MAX_RANK == lite::kMaxRank, "as in base/");
static_assert(LITE_EXACT == static_cast<int>(lite::Precision::exact) &&
                  LITE_FAST == static_cast<int>(lite::Precision::fast),
              "same order");
static_assert(LITE_POWER_NO_BIND == static_cast<int>(lite::PowerMode::no_bind) &&
                  LITE_POWER_FULL == static_cast<int>(lite::PowerMode::full) &&
                  LITE_POWER_RAND_LOW + 1 == lite::kPowerModeCount,
              "same order");
static_assert(LITE_OUT_OF_MEMORY == static_cast<int>(lite::Code::k_out_of_memory) &&
                  LITE_INTERNAL == static_cast<int>(lite::Code::k_internal),
              "same order");

struct lite_model {
  std::shared_ptr<const lite::Model> model;
};

// An input or output by position: what it is follows from the session's present plan.
struct lite_tensor {
  lite_session* session;
  size_t index;
  bool input;
};

struct lite_session {
  std::unique_ptr<lite::Session> session;
  std::vector<lite_tensor> inputs, outputs;
  std::vector<std::unique_ptr<lite::Memory>>
      buffers;                        // per input; taken when its data is asked for
  std::vector<const void*> feeds;     // per input: a buffer or the caller's bytes
  std::vector<lite::StepTime> times;  // one per step while profiling
  bool profiling = false;
  std::string note;
};

namespace lite {
namespace {

thread_local std::string last_error;

lite_status report(const Status& status) {
  if (!status.ok()) last_error = status.text();
  return static_cast<lite_status>(status.code());
}

Status check_given(std::initializer_list<const void*> pointers) {
  for (const void* pointer : pointers)
    if (pointer == nullptr) return error(Code::k_invalid_argument, "an argument is NULL");
  return Status();
}

const nb::Graph& graph_of(const lite_session& session) { return session.session->model().graph(); }

const nb::Value& value_of(const lite_tensor& tensor) {
  const nb::Graph& graph = graph_of(*tensor.session);
  const auto& indices = tensor.input ? *graph.inputs() : *graph.outputs();
  return *graph.values()->Get(indices.Get(static_cast<uint32_t>(tensor.index)));
}

// The tensor in the present plan.
Result<const Tensor*> planned(const lite_tensor& tensor) {
  const std::shared_ptr<const Plan> plan = tensor.session->session->plan();
  if (plan == nullptr)
    return error(Code::k_bad_shape,
                 "the shape of '%s' is not known yet\nhint: call lite_session_resize first",
                 value_of(tensor).name()->c_str());
  return tensor.input ? &plan->input(tensor.index) : &plan->output(tensor.index);
}

Result<lite_session*> wrap(std::unique_ptr<Session> session) {
  auto* handle = new (std::nothrow) lite_session;
  if (handle == nullptr) return error(Code::k_out_of_memory, "no memory for a session");
  handle->session = std::move(session);
  const nb::Graph& graph = graph_of(*handle);
  for (size_t i = 0; i < graph.inputs()->size(); ++i) {
    handle->inputs.push_back({handle, i, true});
    handle->buffers.push_back(std::make_unique<Memory>());
  }
  for (size_t i = 0; i < graph.outputs()->size(); ++i)
    handle->outputs.push_back({handle, i, false});
  handle->feeds.assign(handle->inputs.size(), nullptr);
  return handle;
}

Status open(Result<std::shared_ptr<const Model>> loaded, lite_model** model) {
  if (!loaded.ok()) return std::move(loaded).status();
  *model = new (std::nothrow) lite_model{std::move(loaded).value()};
  return *model != nullptr ? Status() : error(Code::k_out_of_memory, "no memory for a model");
}

// The kernels of a tuning cache; null, and a note, if it cannot be used.
Result<std::shared_ptr<const TuneTable>> tuned(const lite_session_options* options,
                                               std::string* note) {
  const char* path = options != nullptr ? options->tune_cache : nullptr;
  if (path == nullptr) path = std::getenv("LITE_TUNE_CACHE");
  std::shared_ptr<const TuneTable> none;
  if (path == nullptr || *path == '\0') return none;
  LITE_ASSIGN_OR_RETURN(const Isa isa, choose_isa());
  Result<std::shared_ptr<const TuneTable>> table = TuneTable::read(path, isa);
  if (table.ok()) return table;
  *note = "the tuning cache is not used: " + table.status().text();
  return none;
}

Result<SessionOptions> checked(const lite_session_options& options) {
  if (options.precision != LITE_EXACT && options.precision != LITE_FAST)
    return error(Code::k_invalid_argument,
                 "precision is %d, expected LITE_EXACT (%d) or LITE_FAST (%d)",
                 static_cast<int>(options.precision), LITE_EXACT, LITE_FAST);
  if (options.power_mode < 0 || options.power_mode >= kPowerModeCount)
    return error(Code::k_invalid_argument, "power_mode is %d, expected a lite_power_mode: 0 to %d",
                 static_cast<int>(options.power_mode), kPowerModeCount - 1);
  SessionOptions wanted;
  wanted.threads = options.threads;
  wanted.arena_limit_bytes = options.arena_limit_bytes;
  wanted.precision = static_cast<Precision>(options.precision);
  wanted.power_mode = static_cast<PowerMode>(options.power_mode);
  return wanted;
}

Status create(const lite_model& model, const lite_session_options* options,
              lite_session** session) {
  SessionOptions wanted;
  if (options != nullptr) {
    LITE_ASSIGN_OR_RETURN(wanted, checked(*options));
  }
  std::string note;
  LITE_ASSIGN_OR_RETURN(wanted.tuned, tuned(options, &note));
  LITE_ASSIGN_OR_RETURN(std::unique_ptr<Session> made, Session::create(model.model, wanted));
  const std::string& other = made->note();
  (note += note.empty() || other.empty() ? "" : "\n") += other;
  LITE_ASSIGN_OR_RETURN(*session, wrap(std::move(made)));
  (*session)->note = std::move(note);
  return Status();
}

Status clone(const lite_session& session, lite_session** copy) {
  LITE_ASSIGN_OR_RETURN(std::unique_ptr<Session> made, session.session->clone());
  LITE_ASSIGN_OR_RETURN(*copy, wrap(std::move(made)));
  return Status();
}

Status pick(std::vector<lite_tensor>& tensors, size_t index, lite_tensor** tensor) {
  if (index >= tensors.size())
    return error(Code::k_invalid_argument, "there is no tensor %zu, there are %zu", index,
                 tensors.size());
  *tensor = &tensors[index];
  return Status();
}

Status pick_named(std::vector<lite_tensor>& tensors, const char* name, lite_tensor** tensor) {
  std::string known;
  for (lite_tensor& candidate : tensors) {
    const std::string own = value_of(candidate).name()->str();
    if (own == name) {
      *tensor = &candidate;
      return Status();
    }
    known += (known.empty() ? "" : ", ") + own;
  }
  return error(Code::k_bad_input, "there is no tensor '%s', there are: %s", name, known.c_str());
}

Status resize(lite_session& session, const lite_shape* shapes, size_t count) {
  std::vector<Shape> wanted(count);
  for (size_t i = 0; i < count; ++i) {
    if (shapes[i].rank < 0 || shapes[i].rank > kMaxRank)
      return error(Code::k_bad_shape, "shape %zu has rank %d, expected 0 to %d", i, shapes[i].rank,
                   kMaxRank);
    wanted[i].rank = shapes[i].rank;
    for (int axis = 0; axis < shapes[i].rank; ++axis) wanted[i][axis] = shapes[i].dims[axis];
  }
  LITE_RETURN_IF_ERROR(session.session->resize(wanted));
  session.feeds.assign(session.feeds.size(), nullptr);
  for (const auto& buffer : session.buffers) buffer->release();
  return Status();
}

Status run(lite_session& session) {
  for (const lite_tensor& input : session.inputs) {
    LITE_ASSIGN_OR_RETURN(const Tensor* tensor, planned(input));
    if (session.feeds[input.index] == nullptr && tensor->size_bytes() != 0)
      return error(Code::k_bad_input,
                   "input '%s' has no data\nhint: lite_tensor_data or lite_tensor_set_data",
                   value_of(input).name()->c_str());
  }
  if (session.profiling) session.times.resize(session.session->plan()->steps().size());
  return session.session->run(session.feeds,
                              session.profiling ? Span<StepTime>(session.times) : Span<StepTime>());
}

Status data_of(const lite_tensor& tensor, void** data) {
  LITE_ASSIGN_OR_RETURN(const Tensor* planned_tensor, planned(tensor));
  if (!tensor.input) {
    if (planned_tensor->data == nullptr && planned_tensor->size_bytes() != 0)
      return error(Code::k_bad_input, "output '%s' has no data before the first run",
                   value_of(tensor).name()->c_str());
    *data = planned_tensor->data;
    return Status();
  }
  Memory& buffer = *tensor.session->buffers[tensor.index];
  if (buffer.data() == nullptr) LITE_RETURN_IF_ERROR(buffer.allocate(planned_tensor->size_bytes()));
  tensor.session->feeds[tensor.index] = buffer.data();
  *data = buffer.data();
  return Status();
}

Status check_size(const lite_tensor& tensor, size_t size_bytes) {
  LITE_ASSIGN_OR_RETURN(const Tensor* planned_tensor, planned(tensor));
  if (planned_tensor->size_bytes() == size_bytes) return Status();
  return error(Code::k_bad_shape, "'%s' has %zu bytes (%s%s), got %zu",
               value_of(tensor).name()->c_str(), planned_tensor->size_bytes(),
               dtype_name(planned_tensor->dtype), shape_text(planned_tensor->shape).c_str(),
               size_bytes);
}

Status set_data(lite_tensor& tensor, const void* data, size_t size_bytes) {
  if (!tensor.input)
    return error(Code::k_invalid_argument, "'%s' is an output", value_of(tensor).name()->c_str());
  LITE_RETURN_IF_ERROR(check_size(tensor, size_bytes));
  const size_t element_bytes = dtype_size_bytes(static_cast<DType>(value_of(tensor).dtype()));
  if (reinterpret_cast<uintptr_t>(data) % element_bytes != 0)
    return error(Code::k_invalid_argument, "the data is not aligned to its elements of %zu bytes",
                 element_bytes);
  tensor.session->feeds[tensor.index] = data;
  return Status();
}

Status copy_from(lite_tensor& tensor, const void* data, size_t size_bytes) {
  if (!tensor.input)
    return error(Code::k_invalid_argument, "'%s' is an output", value_of(tensor).name()->c_str());
  LITE_RETURN_IF_ERROR(check_size(tensor, size_bytes));
  void* target = nullptr;
  LITE_RETURN_IF_ERROR(data_of(tensor, &target));
  if (size_bytes != 0) std::memcpy(target, data, size_bytes);
  return Status();
}

Status copy_to(const lite_tensor& tensor, void* data, size_t size_bytes) {
  if (tensor.input)
    return error(Code::k_invalid_argument, "'%s' is an input", value_of(tensor).name()->c_str());
  LITE_RETURN_IF_ERROR(check_size(tensor, size_bytes));
  void* source = nullptr;
  LITE_RETURN_IF_ERROR(data_of(tensor, &source));
  if (size_bytes != 0) std::memcpy(data, source, size_bytes);
  return Status();
}

Status memory_of(const lite_session& session, lite_memory* memory) {
  const std::shared_ptr<const Plan> plan = session.session->plan();
  if (plan == nullptr)
    return error(Code::k_bad_shape,
                 "shapes are not known yet\nhint: call lite_session_resize first");
  const MemoryReport& report = plan->memory();
  *memory = {report.arena_bytes, report.lower_bound_bytes, report.scratch_bytes,
             report.weights_bytes};
  return Status();
}

size_t step_count(const lite_session& session) {
  const std::shared_ptr<const Plan> plan = session.session->plan();
  return plan != nullptr ? plan->steps().size() : 0;
}

Status step_at(const lite_session& session, size_t index, lite_step* step) {
  if (index >= step_count(session))
    return error(Code::k_invalid_argument, "there is no step %zu, there are %zu", index,
                 step_count(session));
  const Step& planned_step = session.session->plan()->steps()[index];
  const nb::Node& node = *graph_of(session).nodes()->Get(planned_step.node);
  const StepTime time = index < session.times.size() ? session.times[index] : StepTime();
  *step = {node.name()->c_str(), node.op()->c_str(), planned_step.op->kernel(), time.begin_ns,
           time.end_ns};
  return Status();
}

}  // namespace
}  // namespace lite

#define LITE_CHECK_GIVEN(...)                                    \
  do {                                                           \
    const lite::Status given = lite::check_given({__VA_ARGS__}); \
    if (!given.ok()) return lite::report(given);                 \
  } while (0)

extern "C" {

const char* lite_version(void) { return LITE_VERSION; }

const char* lite_status_text(lite_status status) {
  return lite::code_sentence(static_cast<lite::Code>(status));
}

const char* lite_last_error(void) { return lite::last_error.c_str(); }

lite_status lite_model_open(const char* path, lite_model** model) {
  LITE_CHECK_GIVEN(path, model);
  return lite::report(lite::open(lite::Model::open(path), model));
}

lite_status lite_model_open_memory(const void* data, size_t size_bytes, lite_model** model) {
  LITE_CHECK_GIVEN(data, model);
  const std::shared_ptr<const void> borrowed(data, [](const void*) {});
  return lite::report(lite::open(lite::Model::from_memory(data, size_bytes, borrowed), model));
}

lite_status lite_model_close(lite_model* model) {
  delete model;
  return LITE_OK;
}

lite_status lite_session_create(const lite_model* model, const lite_session_options* options,
                                lite_session** session) {
  LITE_CHECK_GIVEN(model, session);
  return lite::report(lite::create(*model, options, session));
}

lite_status lite_session_note(const lite_session* session, const char** note) {
  LITE_CHECK_GIVEN(session, note);
  *note = session->note.c_str();
  return LITE_OK;
}

lite_status lite_session_clone(const lite_session* session, lite_session** clone) {
  LITE_CHECK_GIVEN(session, clone);
  return lite::report(lite::clone(*session, clone));
}

lite_status lite_session_destroy(lite_session* session) {
  delete session;
  return LITE_OK;
}

lite_status lite_session_input_count(const lite_session* session, size_t* count) {
  LITE_CHECK_GIVEN(session, count);
  *count = session->inputs.size();
  return LITE_OK;
}

lite_status lite_session_output_count(const lite_session* session, size_t* count) {
  LITE_CHECK_GIVEN(session, count);
  *count = session->outputs.size();
  return LITE_OK;
}

lite_status lite_session_input(lite_session* session, size_t index, lite_tensor** tensor) {
  LITE_CHECK_GIVEN(session, tensor);
  return lite::report(lite::pick(session->inputs, index, tensor));
}

lite_status lite_session_output(lite_session* session, size_t index, lite_tensor** tensor) {
  LITE_CHECK_GIVEN(session, tensor);
  return lite::report(lite::pick(session->outputs, index, tensor));
}

lite_status lite_session_input_named(lite_session* session, const char* name,
                                     lite_tensor** tensor) {
  LITE_CHECK_GIVEN(session, name, tensor);
  return lite::report(lite::pick_named(session->inputs, name, tensor));
}

lite_status lite_session_output_named(lite_session* session, const char* name,
                                      lite_tensor** tensor) {
  LITE_CHECK_GIVEN(session, name, tensor);
  return lite::report(lite::pick_named(session->outputs, name, tensor));
}

lite_status lite_session_resize(lite_session* session, const lite_shape* shapes, size_t count) {
  LITE_CHECK_GIVEN(session, shapes);
  return lite::report(lite::resize(*session, shapes, count));
}

lite_status lite_session_run(lite_session* session) {
  LITE_CHECK_GIVEN(session);
  return lite::report(lite::run(*session));
}

lite_status lite_session_memory(const lite_session* session, lite_memory* memory) {
  LITE_CHECK_GIVEN(session, memory);
  return lite::report(lite::memory_of(*session, memory));
}

lite_status lite_session_isa(const lite_session* session, const char** isa) {
  LITE_CHECK_GIVEN(session, isa);
  *isa = lite::isa_name(session->session->isa());
  return LITE_OK;
}

lite_status lite_session_precision(const lite_session* session, lite_precision* precision) {
  LITE_CHECK_GIVEN(session, precision);
  *precision = static_cast<lite_precision>(session->session->options().precision);
  return LITE_OK;
}

lite_status lite_session_set_profiling(lite_session* session, int32_t on) {
  LITE_CHECK_GIVEN(session);
  session->profiling = on != 0;
  return LITE_OK;
}

lite_status lite_session_step_count(const lite_session* session, size_t* count) {
  LITE_CHECK_GIVEN(session, count);
  *count = lite::step_count(*session);
  return LITE_OK;
}

lite_status lite_session_step(const lite_session* session, size_t index, lite_step* step) {
  LITE_CHECK_GIVEN(session, step);
  return lite::report(lite::step_at(*session, index, step));
}

lite_status lite_tensor_name(const lite_tensor* tensor, const char** name) {
  LITE_CHECK_GIVEN(tensor, name);
  *name = lite::value_of(*tensor).name()->c_str();
  return LITE_OK;
}

lite_status lite_tensor_dtype(const lite_tensor* tensor, lite_dtype* dtype) {
  LITE_CHECK_GIVEN(tensor, dtype);
  *dtype = static_cast<lite_dtype>(lite::value_of(*tensor).dtype());
  return LITE_OK;
}

lite_status lite_tensor_shape(const lite_tensor* tensor, lite_shape* shape) {
  LITE_CHECK_GIVEN(tensor, shape);
  const lite::Result<const lite::Tensor*> planned = lite::planned(*tensor);
  if (!planned.ok()) return lite::report(planned.status());
  *shape = lite_shape();
  shape->rank = planned.value()->shape.rank;
  for (int axis = 0; axis < shape->rank; ++axis) shape->dims[axis] = planned.value()->shape[axis];
  return LITE_OK;
}

lite_status lite_tensor_size_bytes(const lite_tensor* tensor, size_t* size_bytes) {
  LITE_CHECK_GIVEN(tensor, size_bytes);
  const lite::Result<const lite::Tensor*> planned = lite::planned(*tensor);
  if (!planned.ok()) return lite::report(planned.status());
  *size_bytes = planned.value()->size_bytes();
  return LITE_OK;
}

lite_status lite_tensor_data(lite_tensor* tensor, void** data) {
  LITE_CHECK_GIVEN(tensor, data);
  return lite::report(lite::data_of(*tensor, data));
}

lite_status lite_tensor_set_data(lite_tensor* tensor, const void* data, size_t size_bytes) {
  LITE_CHECK_GIVEN(tensor, data);
  return lite::report(lite::set_data(*tensor, data, size_bytes));
}

lite_status lite_tensor_copy_from(lite_tensor* tensor, const void* data, size_t size_bytes) {
  LITE_CHECK_GIVEN(tensor, data);
  return lite::report(lite::copy_from(*tensor, data, size_bytes));
}

lite_status lite_tensor_copy_to(lite_tensor* tensor, void* data, size_t size_bytes) {
  LITE_CHECK_GIVEN(tensor, data);
  return lite::report(lite::copy_to(*tensor, data, size_bytes));
}

}  // extern "C"
