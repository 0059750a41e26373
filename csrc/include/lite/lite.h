/* SPDX-License-Identifier: Apache-2.0 */
/* The C API of lite, C99. Every function returns a status; lite_last_error() says in words what
 * went wrong.
 *
 *   lite_model* model;
 *   lite_session* session;
 *   lite_tensor *input, *output;
 *   lite_model_open("model.nb", &model);
 *   lite_session_create(model, NULL, &session);
 *   lite_session_input(session, 0, &input);
 *   lite_tensor_copy_from(input, pixels, sizeof(pixels));
 *   lite_session_run(session);
 *   lite_session_output(session, 0, &output);
 *   lite_tensor_data(output, &scores);
 *
 * A model may be shared by threads; a session, with its tensors, is for one thread at a time.
 * Pointers that functions give belong to the library.
 */
#ifndef LITE_LITE_H_
#define LITE_LITE_H_

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define LITE_API __attribute__((visibility("default")))
#else
#define LITE_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define LITE_MAX_RANK 8

typedef enum lite_status {
  LITE_OK = 0,
  LITE_CORRUPT_FILE = 1,        /* the .nb is damaged or is none */
  LITE_UNSUPPORTED_VERSION = 2, /* the .nb needs another version of lite */
  LITE_UNSUPPORTED_TARGET = 3,  /* the .nb was not made for this machine */
  LITE_UNSUPPORTED_OP = 4,
  LITE_BAD_SHAPE = 5,
  LITE_BAD_INPUT = 6,
  LITE_OUT_OF_MEMORY = 7,
  LITE_IO_ERROR = 8,
  LITE_INVALID_ARGUMENT = 9,
  LITE_INTERNAL = 10
} lite_status;

typedef enum lite_dtype {
  LITE_F32 = 0,
  LITE_F16 = 1,
  LITE_BF16 = 2,
  LITE_F64 = 3,
  LITE_S8 = 4,
  LITE_U8 = 5,
  LITE_S16 = 6,
  LITE_U16 = 7,
  LITE_S32 = 8,
  LITE_U32 = 9,
  LITE_S64 = 10,
  LITE_U64 = 11,
  LITE_BOOL = 12
} lite_dtype;

typedef enum lite_precision {
  LITE_EXACT = 0, /* products of floats */
  LITE_FAST = 1   /* of floats rounded to bf16, where the processor has such products; less exact */
} lite_precision;

/* Which cores the threads of a session run on, the caller's while a run lasts. Results do not
 * depend on it. Where cores cannot be chosen, or the system does not tell them apart,
 * lite_session_note says so. */
typedef enum lite_power_mode {
  LITE_POWER_NO_BIND = 0,   /* the system decides */
  LITE_POWER_HIGH = 1,      /* the fastest cores */
  LITE_POWER_LOW = 2,       /* the slowest ones */
  LITE_POWER_FULL = 3,      /* all, the fastest first */
  LITE_POWER_RAND_HIGH = 4, /* some of the fastest, by chance: for several processes */
  LITE_POWER_RAND_LOW = 5
} lite_power_mode;

typedef struct lite_model lite_model;
typedef struct lite_session lite_session;
typedef struct lite_tensor lite_tensor;

typedef struct lite_session_options {
  int32_t threads; /* that work on one run, the caller's included; results do not depend on it */
  uint64_t arena_limit_bytes; /* most memory for values; 0: what the machine has */
  int32_t precision;          /* a lite_precision */
  /* Kernels that `lite tune` measured on this machine: a file; "": none; NULL: the one that the
   * environment variable LITE_TUNE_CACHE names, if any. lite_session_note says if it is not used.
   */
  const char* tune_cache;
  int32_t power_mode; /* a lite_power_mode */
} lite_session_options;

typedef struct lite_shape {
  int32_t rank;
  int64_t dims[LITE_MAX_RANK];
} lite_shape;

typedef struct lite_memory {
  uint64_t arena_bytes;       /* values and scratch of one run */
  uint64_t lower_bound_bytes; /* no layout of the arena can be smaller */
  uint64_t scratch_bytes;     /* of the step that needs most, in the arena */
  uint64_t weights_bytes;     /* in the file, shared by all sessions */
} lite_memory;

typedef struct lite_step {
  const char* name;
  const char* op;
  const char* kernel; /* what the op picked; "" if there is no choice */
  uint64_t begin_ns;  /* of the last run while profiling was on; monotonic */
  uint64_t end_ns;
} lite_step;

/* "0.1.0" */
LITE_API const char* lite_version(void);
/* One sentence per status. */
LITE_API const char* lite_status_text(lite_status status);
/* What went wrong in this thread's last call that did not return LITE_OK; "" if none did. */
LITE_API const char* lite_last_error(void);

/* The file is mapped: it must not be changed in place while the model lives (replacing it is fine).
 */
LITE_API lite_status lite_model_open(const char* path, lite_model** model);
/* The bytes must stay as they are until the model and its sessions are gone; used in place if
 * 64-byte aligned. */
LITE_API lite_status lite_model_open_memory(const void* data, size_t size_bytes,
                                            lite_model** model);
/* Sessions keep what they need: a model may be closed before them. NULL is fine. */
LITE_API lite_status lite_model_close(lite_model* model);

/* options NULL: one thread, no limit, exact. */
LITE_API lite_status lite_session_create(const lite_model* model,
                                         const lite_session_options* options,
                                         lite_session** session);
/* What was passed over in silence, in words: why a tuning cache or a power mode is not used; "" for
 * nothing. */
LITE_API lite_status lite_session_note(const lite_session* session, const char** note);
/* A new session of the same model, options and shapes, to be used by another thread, say. */
LITE_API lite_status lite_session_clone(const lite_session* session, lite_session** clone);
LITE_API lite_status lite_session_destroy(lite_session* session);

LITE_API lite_status lite_session_input_count(const lite_session* session, size_t* count);
LITE_API lite_status lite_session_output_count(const lite_session* session, size_t* count);
/* The tensor lives as long as the session. */
LITE_API lite_status lite_session_input(lite_session* session, size_t index, lite_tensor** tensor);
LITE_API lite_status lite_session_output(lite_session* session, size_t index, lite_tensor** tensor);
LITE_API lite_status lite_session_input_named(lite_session* session, const char* name,
                                              lite_tensor** tensor);
LITE_API lite_status lite_session_output_named(lite_session* session, const char* name,
                                               lite_tensor** tensor);

/* One shape per input, in order. Needed before the first run if the model's input shapes are not
 * fixed. The inputs must be filled again afterwards. After a failure the session is as before. */
LITE_API lite_status lite_session_resize(lite_session* session, const lite_shape* shapes,
                                         size_t count);
LITE_API lite_status lite_session_run(lite_session* session);

LITE_API lite_status lite_session_memory(const lite_session* session, lite_memory* memory);
/* The name of the instruction set that the kernels use. */
LITE_API lite_status lite_session_isa(const lite_session* session, const char** isa);
LITE_API lite_status lite_session_precision(const lite_session* session, lite_precision* precision);
/* While on, runs note the time of every step. */
LITE_API lite_status lite_session_set_profiling(lite_session* session, int32_t on);
LITE_API lite_status lite_session_step_count(const lite_session* session, size_t* count);
LITE_API lite_status lite_session_step(const lite_session* session, size_t index, lite_step* step);

LITE_API lite_status lite_tensor_name(const lite_tensor* tensor, const char** name);
LITE_API lite_status lite_tensor_dtype(const lite_tensor* tensor, lite_dtype* dtype);
/* LITE_BAD_SHAPE while shapes are not known, before the first resize. */
LITE_API lite_status lite_tensor_shape(const lite_tensor* tensor, lite_shape* shape);
LITE_API lite_status lite_tensor_size_bytes(const lite_tensor* tensor, size_t* size_bytes);
/* An input's data may be written, until the next resize; an output's read, until the next run or
 * resize. */
LITE_API lite_status lite_tensor_data(lite_tensor* tensor, void** data);
/* Runs read the caller's bytes from now on, without copying, until the next call or resize. Inputs
 * only. */
LITE_API lite_status lite_tensor_set_data(lite_tensor* tensor, const void* data, size_t size_bytes);
/* Into an input. */
LITE_API lite_status lite_tensor_copy_from(lite_tensor* tensor, const void* data,
                                           size_t size_bytes);
/* Out of an output. */
LITE_API lite_status lite_tensor_copy_to(lite_tensor* tensor, void* data, size_t size_bytes);

#ifdef __cplusplus
}
#endif

#endif /* LITE_LITE_H_ */
