// SPDX-License-Identifier: Apache-2.0
// Time for a cache line from one processor to another.

#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

struct side {
  _Alignas(128) atomic_int *turn;
  int cpu;
  int mine;
  int bounces;
  double begin_ns, end_ns;
};

static double now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return 1e9 * (double)time.tv_sec + (double)time.tv_nsec;
}

static void *bounce(void *argument) {
  struct side *side = argument;
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  CPU_SET(side->cpu, &cpus);
  pthread_setaffinity_np(pthread_self(), sizeof cpus, &cpus);
  for (int i = 0; i < side->bounces; ++i) {
    if (i == 1) side->begin_ns = now_ns();  // both are awake
    while (atomic_load_explicit(side->turn, memory_order_acquire) != 2 * i + side->mine) {
    }
    atomic_store_explicit(side->turn, 2 * i + side->mine + 1, memory_order_release);
  }
  side->end_ns = now_ns();
  return NULL;
}

// One way, the mean over `bounces` - 1 there and back.
double core_latency_ns(int first, int second, int bounces) {
  _Alignas(128) atomic_int turn = 0;
  struct side sides[2] = {{&turn, first, 0, bounces, 0, 0}, {&turn, second, 1, bounces, 0, 0}};
  pthread_t threads[2];
  for (int i = 0; i < 2; ++i) pthread_create(&threads[i], NULL, bounce, &sides[i]);
  for (int i = 0; i < 2; ++i) pthread_join(threads[i], NULL);
  return (sides[0].end_ns - sides[0].begin_ns) / (2.0 * (bounces - 1));
}
