// SPDX-License-Identifier: Apache-2.0
// The native methods of com.baidu.paddle.lite.Native, over lite.hpp. Nothing is thrown through the
// virtual machine: what goes wrong becomes a Java exception.
#include <jni.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "lite/lite.hpp"

namespace {

// What a handle points to. The bytes of a model from memory stay while the model lives.
struct Predictor {
  std::vector<char> bytes;
  std::unique_ptr<lite::Model> model;
  std::unique_ptr<lite::Session> session;
};

struct Pending {};  // a Java exception is on its way

// The virtual machine takes its own form of UTF-8 only, and may end the process for any other
// bytes.
void throw_java(JNIEnv* env, const char* name, std::string message) {
  if (env->ExceptionCheck()) return;
  for (char& letter : message)
    if (static_cast<signed char>(letter) < 0) letter = '?';
  jclass type = env->FindClass(name);
  if (type != nullptr) env->ThrowNew(type, message.c_str());
}

// What a body returns; after a Java exception, nothing.
template <class Result, class Body>
Result guarded(JNIEnv* env, Result nothing, const Body& body) {
  try {
    return body();
  } catch (const Pending&) {
  } catch (const std::bad_alloc&) {
    throw_java(env, "java/lang/OutOfMemoryError", "no memory for the model");
  } catch (const std::exception& problem) {
    throw_java(env, "com/baidu/paddle/lite/LiteException", problem.what());
  }
  return nothing;
}

template <class T>
T checked(JNIEnv* env, T reference) {
  if (reference == nullptr || env->ExceptionCheck()) throw Pending();
  return reference;
}

std::string text_of(JNIEnv* env, jstring text) {
  const char* letters = checked(env, env->GetStringUTFChars(text, nullptr));
  std::string result(letters);
  env->ReleaseStringUTFChars(text, letters);
  return result;
}

lite::Session& session_of(jlong handle) {
  return *reinterpret_cast<Predictor*>(static_cast<intptr_t>(handle))->session;
}

lite::Tensor tensor_of(jlong handle, jboolean input, jint index) {
  lite::Session& session = session_of(handle);
  return input ? session.input(static_cast<size_t>(index))
               : session.output(static_cast<size_t>(index));
}

std::vector<int64_t> extents_of(JNIEnv* env, jlongArray array) {
  std::vector<jlong> extents(static_cast<size_t>(env->GetArrayLength(array)));
  env->GetLongArrayRegion(array, 0, static_cast<jsize>(extents.size()), extents.data());
  return std::vector<int64_t>(extents.begin(), extents.end());
}

bool known_shape(lite::Tensor tensor, std::vector<int64_t>* shape) {
  try {
    *shape = tensor.shape();
    return true;
  } catch (const lite::Error& error) {
    if (error.status() != LITE_BAD_SHAPE) throw;
    return false;
  }
}

// Plans anew if the inputs have other shapes than before.
void take_shapes(JNIEnv* env, lite::Session& session, jobjectArray shapes) {
  std::vector<std::vector<int64_t>> wanted;
  bool same = true;
  for (size_t i = 0; i < session.input_count(); ++i) {
    const jobject row = checked(env, env->GetObjectArrayElement(shapes, static_cast<jsize>(i)));
    wanted.push_back(extents_of(env, static_cast<jlongArray>(row)));
    env->DeleteLocalRef(row);
    if (wanted.back().size() > LITE_MAX_RANK)
      throw std::runtime_error("a shape has more than " + std::to_string(LITE_MAX_RANK) +
                               " extents");
    std::vector<int64_t> present;
    same = same && known_shape(session.input(i), &present) && present == wanted.back();
  }
  if (!same) session.resize(wanted);
}

// A primitive array's elements while this lives; no other function of env may be called meanwhile.
class Elements {
 public:
  Elements(JNIEnv* env, jobject array, jint mode)
      : env_(env),
        array_(static_cast<jarray>(array)),
        mode_(mode),
        data_(env->GetPrimitiveArrayCritical(array_, nullptr)) {
    if (data_ == nullptr) throw Pending();
  }
  ~Elements() { env_->ReleasePrimitiveArrayCritical(array_, data_, mode_); }
  Elements(const Elements&) = delete;
  Elements& operator=(const Elements&) = delete;

  [[nodiscard]] void* data() const { return data_; }

 private:
  JNIEnv* env_;
  jarray array_;
  jint mode_;
  void* data_;
};

size_t element_bytes(lite_dtype dtype) {
  switch (dtype) {
    case LITE_F64:
    case LITE_S64:
    case LITE_U64:
      return 8;
    case LITE_F32:
    case LITE_S32:
    case LITE_U32:
      return 4;
    case LITE_F16:
    case LITE_BF16:
    case LITE_S16:
    case LITE_U16:
      return 2;
    case LITE_S8:
    case LITE_U8:
    case LITE_BOOL:
      break;
  }
  return 1;
}

void demand_length(JNIEnv* env, lite::Tensor tensor, jobject array) {
  const auto length = static_cast<size_t>(env->GetArrayLength(static_cast<jarray>(array)));
  const size_t wanted = tensor.size_bytes() / element_bytes(tensor.dtype());
  if (length != wanted)
    throw std::runtime_error("'" + tensor.name() + "' has " + std::to_string(wanted) +
                             " elements, got " + std::to_string(length));
}

void fill(JNIEnv* env, lite::Tensor tensor, jobject array) {
  demand_length(env, tensor, array);
  void* target = tensor.data<void>();
  const size_t bytes = tensor.size_bytes();
  const Elements elements(env, array, JNI_ABORT);
  if (bytes != 0) std::memcpy(target, elements.data(), bytes);
}

}  // namespace

#define LITE_NATIVE(type, name) \
  extern "C" JNIEXPORT type JNICALL Java_com_baidu_paddle_lite_Native_##name

LITE_NATIVE(jlong, create)
(JNIEnv* env, jclass, jstring file, jbyteArray buffer, jint threads, jint mode) {
  return guarded(env, jlong{0}, [&] {
    auto predictor = std::make_unique<Predictor>();
    if (buffer != nullptr) {
      predictor->bytes.resize(static_cast<size_t>(env->GetArrayLength(buffer)));
      env->GetByteArrayRegion(buffer, 0, static_cast<jsize>(predictor->bytes.size()),
                              reinterpret_cast<jbyte*>(predictor->bytes.data()));
      predictor->model =
          std::make_unique<lite::Model>(predictor->bytes.data(), predictor->bytes.size());
    } else {
      predictor->model = std::make_unique<lite::Model>(text_of(env, file));
    }
    predictor->session = std::make_unique<lite::Session>(predictor->model->session(
        threads, 0, LITE_EXACT, nullptr, static_cast<lite_power_mode>(mode)));
    return static_cast<jlong>(reinterpret_cast<intptr_t>(predictor.release()));
  });
}

LITE_NATIVE(void, destroy)(JNIEnv*, jclass, jlong handle) {
  delete reinterpret_cast<Predictor*>(static_cast<intptr_t>(handle));
}

LITE_NATIVE(jstring, version)(JNIEnv* env, jclass) { return env->NewStringUTF(lite_version()); }

LITE_NATIVE(jobjectArray, names)(JNIEnv* env, jclass, jlong handle, jboolean inputs) {
  return guarded(env, jobjectArray{nullptr}, [&] {
    lite::Session& session = session_of(handle);
    const size_t count = inputs ? session.input_count() : session.output_count();
    const jclass bytes = checked(env, env->FindClass("[B"));
    const jobjectArray names =
        checked(env, env->NewObjectArray(static_cast<jsize>(count), bytes, nullptr));
    for (size_t i = 0; i < count; ++i) {
      const std::string name = tensor_of(handle, inputs, static_cast<jint>(i)).name();
      const auto length = static_cast<jsize>(name.size());
      const jbyteArray word = checked(env, env->NewByteArray(length));
      env->SetByteArrayRegion(word, 0, length, reinterpret_cast<const jbyte*>(name.data()));
      env->SetObjectArrayElement(names, static_cast<jsize>(i), word);
      env->DeleteLocalRef(word);
    }
    return names;
  });
}

LITE_NATIVE(jint, dtype)(JNIEnv* env, jclass, jlong handle, jboolean input, jint index) {
  return guarded(env, jint{0},
                 [&] { return static_cast<jint>(tensor_of(handle, input, index).dtype()); });
}

LITE_NATIVE(jlongArray, shape)(JNIEnv* env, jclass, jlong handle, jboolean input, jint index) {
  return guarded(env, jlongArray{nullptr}, [&] {
    std::vector<int64_t> shape;
    if (!known_shape(tensor_of(handle, input, index), &shape)) return jlongArray{nullptr};
    const std::vector<jlong> extents(shape.begin(), shape.end());
    const auto rank = static_cast<jsize>(extents.size());
    const jlongArray array = checked(env, env->NewLongArray(rank));
    env->SetLongArrayRegion(array, 0, rank, extents.data());
    return array;
  });
}

LITE_NATIVE(void, run)
(JNIEnv* env, jclass, jlong handle, jobjectArray shapes, jobjectArray arrays) {
  guarded(env, 0, [&] {
    lite::Session& session = session_of(handle);
    take_shapes(env, session, shapes);
    for (size_t i = 0; i < session.input_count(); ++i) {
      const jobject array = checked(env, env->GetObjectArrayElement(arrays, static_cast<jsize>(i)));
      fill(env, session.input(i), array);
      env->DeleteLocalRef(array);
    }
    session.run();
    return 0;
  });
}

LITE_NATIVE(void, read)(JNIEnv* env, jclass, jlong handle, jint output, jobject array) {
  guarded(env, 0, [&] {
    lite::Tensor tensor = tensor_of(handle, JNI_FALSE, output);
    demand_length(env, tensor, array);
    const void* source = tensor.data<void>();
    const size_t bytes = tensor.size_bytes();
    const Elements elements(env, array, 0);
    if (bytes != 0) std::memcpy(elements.data(), source, bytes);
    return 0;
  });
}
