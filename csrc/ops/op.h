// SPDX-License-Identifier: Apache-2.0
// What an op is to the runtime. An op's file csrc/ops/<name>.cc defines one class and ends with one
// row:
//   LITE_OP(leaky_relu, LeakyRelu, "alpha", "f32", kInPlace)
// CMake writes the table of ops from the file names; nothing registers itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/isa.h"
#include "base/precision.h"
#include "base/span.h"
#include "base/status.h"
#include "base/tensor.h"
#include "base/threads.h"

namespace lite {

// Typed, read-only view of a node's attributes. Extents given by formulas are already numbers here.
// Absent names give the fallback, so that older files keep their meaning.
class Attributes {
 public:
  virtual ~Attributes() = default;
  virtual int64_t integer(const char* name, int64_t fallback) const = 0;
  virtual float real(const char* name, float fallback) const = 0;
  virtual bool boolean(const char* name, bool fallback) const = 0;
  virtual const char* text(const char* name, const char* fallback) const = 0;
  virtual Span<const int64_t> integers(const char* name) const = 0;  // empty when absent
  virtual Span<const float> reals(const char* name) const = 0;
};

struct PrepareContext {
  const Attributes* attributes = nullptr;
  // An optional input that is left out has rank 0, data == nullptr and present(i) == false.
  // data is set for constants only; the others get theirs when running.
  Span<const Tensor> inputs;
  Span<const Tensor> outputs;
  Span<const bool> given;  // one flag per input
  Isa isa = Isa::scalar;
  Precision precision = Precision::exact;
  int threads = 1;
  ThreadTeam* team = nullptr;  // for work that `prepare` does once; null: the caller alone
  const char* kernel =
      "";  // what to pick, as kernel() names it; "", or what does not fit: anything
  size_t scratch_bytes = 0;  // an op asks by raising this; 64-byte aligned, shared with other ops
  // Of ops that join or split, one flag per part: it lies in its place within the other side.
  Span<const bool> placed;
  int64_t cache_bytes = 0;  // of the second cache, which one thread has for itself; 0: none
  // Of a chain of layers (ops/linear/conv_chain.h): what each of them sees, from the first.
  Span<PrepareContext> links;

  [[nodiscard]] bool present(size_t input) const { return input < given.size() && given[input]; }
  [[nodiscard]] bool is_placed(size_t part) const { return part < placed.size() && placed[part]; }
};

// Data is 64-byte aligned, but that of parts, and of graph inputs, which is the caller's, to its
// element only.
struct RunContext {
  Span<const Tensor> inputs;
  Span<const Tensor> outputs;
  std::byte* scratch = nullptr;
  ThreadTeam* team = nullptr;
};

class Op {
 public:
  virtual ~Op() = default;
  // Once per plan (load, resize): check types and shapes, pick kernels, pack weights, ask for
  // scratch.
  virtual Status prepare(PrepareContext& context) = 0;
  // Many times: tile and parallel_for. Never fails, allocates or prints.
  // Index-like inputs whose content is wrong are clamped or give zeros, as the op documents.
  virtual void run(const RunContext& context) = 0;
  // After `prepare`: constants that a run reads faster than they come from memory; and bytes that
  // it can fetch meanwhile, for steps behind it, of which it is told before it runs.
  virtual Span<const std::byte> wanted_early() const { return {}; }
  virtual size_t room_to_fetch() const { return 0; }
  virtual void fetch(Span<const std::byte>) {}
  // What `prepare` picked, for the profile: "p16_6x16", "winograd_4x3"; "" if there is no choice.
  virtual const char* kernel() const { return ""; }
  // After `prepare`: all that it can pick for these shapes and that may be fastest, as kernel()
  // names them. What stands before a slash names the arithmetic: kernels of one give the same bits.
  virtual std::vector<const char*> alternatives() const { return {}; }
};

enum OpFlags : unsigned {
  kInPlace = 1,  // output 0 may share the memory of input 0 (same element count and element size)
  kAlias = 2,    // output 0 *is* input 0 seen with another shape: nothing runs
  // What may be a part of another tensor: with a pitch, and aligned to its element only.
  kPitchedInput = 4,   // input 0
  kPitchedInputs = 8,  // any input
  kPitchedOutputs = 16,
  // One side is the other one's parts along attribute `axis`; PrepareContext::placed says which of
  // them lie there already.
  kJoins = 32,   // output 0 is all inputs
  kSplits = 64,  // all outputs are input 0
  // Where the processor has arithmetic on halves, input 0, output 0 and a residual, input 3, may be
  // halves; the other inputs are then constant floats.
  kHalves = 128,
};

struct OpEntry {
  const char* name;
  std::unique_ptr<Op> (*create)();
  const char* attributes;  // space-separated; a parity test holds them against the Python fields
  const char* dtypes;      // space-separated dtypes of input 0 (of output 0 if there is no input)
  unsigned flags;
};

// Sorted by name; written by CMake from csrc/ops/*.cc.
Span<const OpEntry* const> all_ops();
const OpEntry* find_op(const std::string& name);

}  // namespace lite

#define LITE_OP(op_name, Class, attributes, dtypes, flags)                                     \
  namespace lite {                                                                             \
  extern const OpEntry op_entry_##op_name;                                                     \
  const OpEntry op_entry_##op_name = {                                                         \
      #op_name, []() -> std::unique_ptr<Op> { return std::make_unique<Class>(); }, attributes, \
      dtypes, flags};                                                                          \
  }
