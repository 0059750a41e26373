// SPDX-License-Identifier: Apache-2.0
// allocations MODEL.nb THREADS: runs the model and prints how often a run in steady state asked for
// memory.
#include <dlfcn.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "lite/lite.h"

namespace {

std::atomic<long> calls{0};
std::atomic<bool> counting{false};

}  // namespace

// Every way to ask the C library for memory, operator new included, ends in one of these.
extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);

void* malloc(size_t size) {
  if (counting) ++calls;
  return __libc_malloc(size);
}
void* calloc(size_t count, size_t size) {
  if (counting) ++calls;
  return __libc_calloc(count, size);
}
void* realloc(void* block, size_t size) {
  if (counting) ++calls;
  return __libc_realloc(block, size);
}
void* aligned_alloc(size_t alignment, size_t size) {
  if (counting) ++calls;
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** block, size_t alignment, size_t size) {
  if (counting) ++calls;
  *block = __libc_memalign(alignment, size);
  return *block == nullptr ? 12 : 0;
}
}

int main(int count, char** texts) {
  if (count != 3) return 2;
  lite_model* model = nullptr;
  lite_session* session = nullptr;
  const lite_session_options options = {std::atoi(texts[2]), 0, LITE_EXACT, "", LITE_POWER_HIGH};
  lite_status status = lite_model_open(texts[1], &model);
  if (status == LITE_OK) status = lite_session_create(model, &options, &session);
  size_t inputs = 0;
  if (status == LITE_OK) status = lite_session_input_count(session, &inputs);
  for (size_t i = 0; status == LITE_OK && i < inputs; ++i) {
    lite_tensor* tensor = nullptr;
    size_t size = 0;
    void* data = nullptr;
    status = lite_session_input(session, i, &tensor);
    if (status == LITE_OK) status = lite_tensor_size_bytes(tensor, &size);
    if (status == LITE_OK) status = lite_tensor_data(tensor, &data);
  }
  const int warmup = 2, runs = 5;
  for (int i = 0; status == LITE_OK && i < warmup + runs; ++i) {
    counting = i >= warmup;
    status = lite_session_run(session);
    counting = false;
  }
  if (status != LITE_OK) {
    std::fprintf(stderr, "%s\n", lite_last_error());
    return 1;
  }
  std::printf("%ld\n", calls.load());
  (void)lite_session_destroy(session);
  (void)lite_model_close(model);
  return 0;
}
