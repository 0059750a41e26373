// SPDX-License-Identifier: Apache-2.0
// lite.h for C++11 and later: objects that clean up after themselves, exceptions instead of
// statuses.
//
//   lite::Model model("model.nb");
//   lite::Session session = model.session(2);
//   session.input(0).copy_from(pixels);
//   session.run();
//   const float* scores = session.output(0).data<float>();
#ifndef LITE_LITE_HPP_
#define LITE_LITE_HPP_

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "lite/lite.h"

namespace lite {
inline namespace api {  // keeps these names apart from the library's own

class Error : public std::runtime_error {
 public:
  explicit Error(lite_status status) : std::runtime_error(lite_last_error()), status_(status) {}
  lite_status status() const { return status_; }

 private:
  lite_status status_;
};

inline void check(lite_status status) {
  if (status != LITE_OK) throw Error(status);
}

// An input or output of a session; valid as long as the session.
class Tensor {
 public:
  explicit Tensor(lite_tensor* handle) : handle_(handle) {}

  std::string name() const {
    const char* name = nullptr;
    check(lite_tensor_name(handle_, &name));
    return name;
  }
  lite_dtype dtype() const {
    lite_dtype dtype = LITE_F32;
    check(lite_tensor_dtype(handle_, &dtype));
    return dtype;
  }
  std::vector<int64_t> shape() const {
    lite_shape shape;
    check(lite_tensor_shape(handle_, &shape));
    return std::vector<int64_t>(shape.dims, shape.dims + shape.rank);
  }
  size_t size_bytes() const {
    size_t size = 0;
    check(lite_tensor_size_bytes(handle_, &size));
    return size;
  }
  template <class T>
  T* data() {
    void* data = nullptr;
    check(lite_tensor_data(handle_, &data));
    return static_cast<T*>(data);
  }
  template <class T>
  void copy_from(const std::vector<T>& elements) {
    check(lite_tensor_copy_from(handle_, elements.data(), elements.size() * sizeof(T)));
  }
  template <class T>
  std::vector<T> to_vector() const {
    std::vector<T> elements(size_bytes() / sizeof(T));
    check(lite_tensor_copy_to(handle_, elements.data(), elements.size() * sizeof(T)));
    return elements;
  }
  // Runs read these bytes, without copying, until the next call or resize.
  void set_data(const void* data, size_t size_bytes) {
    check(lite_tensor_set_data(handle_, data, size_bytes));
  }

 private:
  lite_tensor* handle_;
};

// For one thread at a time; each thread takes its own clone().
class Session {
 public:
  explicit Session(lite_session* handle) : handle_(handle) {}

  size_t input_count() const { return count(lite_session_input_count); }
  size_t output_count() const { return count(lite_session_output_count); }
  Tensor input(size_t index) { return tensor(lite_session_input, index); }
  Tensor output(size_t index) { return tensor(lite_session_output, index); }
  Tensor input(const std::string& name) { return tensor(lite_session_input_named, name.c_str()); }
  Tensor output(const std::string& name) { return tensor(lite_session_output_named, name.c_str()); }

  void run() { check(lite_session_run(handle_.get())); }

  void resize(const std::vector<std::vector<int64_t>>& shapes) {
    std::vector<lite_shape> wanted;
    for (const std::vector<int64_t>& dims : shapes) {
      lite_shape shape = {static_cast<int32_t>(dims.size()), {}};
      for (size_t axis = 0; axis < dims.size() && axis < LITE_MAX_RANK; ++axis)
        shape.dims[axis] = dims[axis];
      wanted.push_back(shape);
    }
    check(lite_session_resize(handle_.get(), wanted.data(), wanted.size()));
  }

  Session clone() const {
    lite_session* copy = nullptr;
    check(lite_session_clone(handle_.get(), &copy));
    return Session(copy);
  }

  lite_memory memory() const {
    lite_memory memory;
    check(lite_session_memory(handle_.get(), &memory));
    return memory;
  }
  std::string isa() const {
    const char* isa = nullptr;
    check(lite_session_isa(handle_.get(), &isa));
    return isa;
  }
  lite_precision precision() const {
    lite_precision precision = LITE_EXACT;
    check(lite_session_precision(handle_.get(), &precision));
    return precision;
  }
  // What was passed over in silence: why a tuning cache or a power mode is not used.
  std::string note() const {
    const char* note = nullptr;
    check(lite_session_note(handle_.get(), &note));
    return note;
  }
  void set_profiling(bool on) { check(lite_session_set_profiling(handle_.get(), on ? 1 : 0)); }
  // What ran, with the times of the last run while profiling was on.
  std::vector<lite_step> steps() const {
    std::vector<lite_step> steps(count(lite_session_step_count));
    for (size_t i = 0; i < steps.size(); ++i) check(lite_session_step(handle_.get(), i, &steps[i]));
    return steps;
  }

  lite_session* handle() { return handle_.get(); }

 private:
  struct Destroy {
    void operator()(lite_session* handle) const { (void)lite_session_destroy(handle); }
  };

  size_t count(lite_status (*ask)(const lite_session*, size_t*)) const {
    size_t count = 0;
    check(ask(handle_.get(), &count));
    return count;
  }
  template <class Key>
  Tensor tensor(lite_status (*ask)(lite_session*, Key, lite_tensor**), Key key) {
    lite_tensor* tensor = nullptr;
    check(ask(handle_.get(), key, &tensor));
    return Tensor(tensor);
  }

  std::unique_ptr<lite_session, Destroy> handle_;
};

// Immutable; shared by its sessions, which keep what they need of it.
class Model {
 public:
  explicit Model(const std::string& path) {
    lite_model* model = nullptr;
    check(lite_model_open(path.c_str(), &model));
    handle_.reset(model);
  }
  // The bytes must stay as they are until the model and its sessions are gone.
  Model(const void* data, size_t size_bytes) {
    lite_model* model = nullptr;
    check(lite_model_open_memory(data, size_bytes, &model));
    handle_.reset(model);
  }

  Session session(int threads = 1, uint64_t arena_limit_bytes = 0,
                  lite_precision precision = LITE_EXACT, const char* tune_cache = nullptr,
                  lite_power_mode power_mode = LITE_POWER_NO_BIND) const {
    const lite_session_options options = {threads, arena_limit_bytes, precision, tune_cache,
                                          power_mode};
    lite_session* session = nullptr;
    check(lite_session_create(handle_.get(), &options, &session));
    return Session(session);
  }

 private:
  struct Close {
    void operator()(lite_model* handle) const { (void)lite_model_close(handle); }
  };
  std::unique_ptr<lite_model, Close> handle_;
};

}  // namespace api
}  // namespace lite

#endif  // LITE_LITE_HPP_
