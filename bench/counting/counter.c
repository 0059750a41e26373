// SPDX-License-Identifier: Apache-2.0
// A plugin of QEMU's user mode (its plugin interface 1): how often each block of instructions ran
// between two marks of the program that is emulated.
//
// A mark is the system call 4242, which Linux does not have: (4242, 0) sets all counts to 0, (4242, 1, label)
// writes those that are not. Between (4242, 2) and the next mark each reading of a clock writes them,
// too, as the lap "lap", and sets them to 0. The file that the argument out= names gets lines
//   block NUMBER ADDRESS WORD,WORD...   once for each block: its instructions
//   region LABEL                        followed by those that ran,
//   NUMBER COUNT

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// No package of Debian has this interface's header; the names and types are QEMU's.
typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef struct qemu_info {
  const char *target_name;
  struct {
    int min, cur;
  } version;
} qemu_info;
typedef void (*translated)(plugin_id id, struct qemu_plugin_tb *block);
typedef void (*called)(plugin_id id, unsigned vcpu, int64_t number, uint64_t a1, uint64_t a2,
                       uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6, uint64_t a7,
                       uint64_t a8);
enum operation { ADD_U64 };
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, translated callback);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *block, enum operation op,
                                              void *address, uint64_t added);
void qemu_plugin_register_vcpu_syscall_cb(plugin_id id, called callback);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *instruction);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *instruction);

#define EXPORTED __attribute__((visibility("default")))
EXPORTED int qemu_plugin_version = 1;

enum { MARK = 4242, MARK_BEGIN = 0, MARK_END = 1, MARK_LAPS = 2, BUCKETS = 1 << 16 };
enum { MOST_INSTRUCTIONS = 1024, MOST_BYTES = 4 };

struct instruction {
  uint8_t size, bytes[MOST_BYTES];
};

// Blocks are never freed: translated code points at their counts.
struct block {
  struct block *next_in_bucket, *next;
  uint64_t address, count;
  unsigned number, length;
  bool written;
  struct instruction instructions[];
};

static struct block *buckets[BUCKETS], *first, **last = &first;
static unsigned block_count;
static FILE *out;
static bool laps;
static int64_t clock_calls[2];  // numbers of the system calls that read a clock

static struct block *find(uint64_t address, const struct instruction *instructions,
                          unsigned length) {
  struct block **bucket = &buckets[address / 2 % BUCKETS];
  const size_t bytes = length * sizeof *instructions;
  for (struct block *block = *bucket; block != NULL; block = block->next_in_bucket)
    if (block->address == address && block->length == length &&
        memcmp(block->instructions, instructions, bytes) == 0)
      return block;
  struct block *block = calloc(1, sizeof *block + bytes);
  if (block == NULL) abort();
  memcpy(block->instructions, instructions, bytes);
  block->address = address;
  block->length = length;
  block->number = block_count++;
  block->next_in_bucket = *bucket;
  *bucket = block;
  *last = block;
  last = &block->next;
  return block;
}

static void on_translation(plugin_id id, struct qemu_plugin_tb *translation) {
  (void)id;
  struct instruction instructions[MOST_INSTRUCTIONS];
  memset(instructions, 0, sizeof instructions);
  const size_t length = qemu_plugin_tb_n_insns(translation);
  if (length > MOST_INSTRUCTIONS) abort();
  for (size_t i = 0; i < length; ++i) {
    const struct qemu_plugin_insn *found = qemu_plugin_tb_get_insn(translation, i);
    const size_t size = qemu_plugin_insn_size(found);
    instructions[i].size = (uint8_t)size;
    memcpy(instructions[i].bytes, qemu_plugin_insn_data(found), size);
  }
  struct block *block = find(qemu_plugin_tb_vaddr(translation), instructions, (unsigned)length);
  qemu_plugin_register_vcpu_tb_exec_inline(translation, ADD_U64, &block->count, 1);
}

static void describe(const struct block *block) {
  fprintf(out, "block %u %llx ", block->number, (unsigned long long)block->address);
  for (unsigned i = 0; i < block->length; ++i) {
    const struct instruction *instruction = &block->instructions[i];
    fputs(i > 0 ? "," : "", out);
    for (int byte = instruction->size - 1; byte >= 0; --byte)
      fprintf(out, "%02x", instruction->bytes[byte]);
  }
  fputc('\n', out);
}

static void write_counts(const char *label) {
  for (struct block *block = first; block != NULL; block = block->next) {
    if (block->count == 0 || block->written) continue;
    describe(block);
    block->written = true;
  }
  fprintf(out, "region %s\n", label);
  for (const struct block *block = first; block != NULL; block = block->next)
    if (block->count > 0) fprintf(out, "%u %llu\n", block->number, (unsigned long long)block->count);
  fflush(out);
}

static void clear_counts(void) {
  for (struct block *block = first; block != NULL; block = block->next) block->count = 0;
}

static void on_mark(uint64_t verb, uint64_t label) {
  char name[32];
  snprintf(name, sizeof name, "%llu", (unsigned long long)label);
  if (verb == MARK_END) write_counts(name);
  laps = verb == MARK_LAPS;
  clear_counts();
}

static void on_call(plugin_id id, unsigned vcpu, int64_t number, uint64_t a1, uint64_t a2,
                    uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6, uint64_t a7, uint64_t a8) {
  (void)id, (void)vcpu, (void)a3, (void)a4, (void)a5, (void)a6, (void)a7, (void)a8;
  if (number == MARK) return on_mark(a1, a2);
  if (!laps || (number != clock_calls[0] && number != clock_calls[1])) return;
  write_counts("lap");
  clear_counts();
}

EXPORTED int qemu_plugin_install(plugin_id id, const qemu_info *info, int count, char **arguments) {
  const bool wide = strcmp(info->target_name, "aarch64") == 0;
  clock_calls[0] = wide ? 113 : 263;
  clock_calls[1] = wide ? 113 : 403;  // with times of 64 bits
  for (int i = 0; i < count; ++i)
    if (strncmp(arguments[i], "out=", 4) == 0) out = fopen(arguments[i] + 4, "w");
  if (out == NULL) {
    fputs("counter: out= must name a file that can be written\n", stderr);
    return 1;
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
  qemu_plugin_register_vcpu_syscall_cb(id, on_call);
  return 0;
}
