/* SPDX-License-Identifier: MIT */
/* What lfmem needs to know of the platform beyond C11: that its words are lock-free, and which context is running.
 * lib/README.md, "Ports", says what a port header may define. */
#ifndef LFM_LIB_PORT_H
#define LFM_LIB_PORT_H

#include <lfmem/config.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef LFM_PORT_HEADER
#include LFM_PORT_HEADER
#endif

#if LFM_WORD_BITS == 64 && ATOMIC_LLONG_LOCK_FREE != 2
#error "a 64-bit compare-and-swap is not lock-free on this target: configure with -Dword_bits=32"
#endif
#if ATOMIC_INT_LOCK_FREE != 2 && !defined(LFM_PORT_CAS)
#error \
    "this target has no lock-free compare-and-swap; lib/port has ports that do without, one of which must be named: Meson: -Dport=port/primask_one_core.h; Zephyr: CONFIG_LFMEM_MASK_INTERRUPTS=y; FreeRTOS's CMake: -DLFMEM_PORT_HEADER=port/primask_one_core.h; other builds: -DLFM_PORT_HEADER=\"port/primask_one_core.h\""
#endif

/* All that lfmem needs from outside. A freestanding compiler has no <string.h>. */
void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memset(void *to, int value, size_t bytes);

/* For functions whose arguments are constants in each caller, which then pays for nothing that it does not use. */
#define LFM_INLINE static inline __attribute__((always_inline))

/* Small code is asked for: one copy of a function, and none that is only faster. */
#ifdef __OPTIMIZE_SIZE__
#define LFM_SMALL 1
#else
#define LFM_SMALL 0
#endif

/* For rare cases, so that the usual one does not save their registers. */
#define LFM_NOINLINE static __attribute__((noinline))

/* A number that differs, if it can, between contexts that run at the same time: 0, 1, 2 ... for cores. A hint: any
 * value is right. */
#ifndef LFM_PORT_CONTEXT
/* Compilers for Linux serve programs without it too: then nobody has set up what is a thread's own. Android's may
 * emulate that by locks and malloc. */
#if defined(__linux__) && __STDC_HOSTED__ && !defined(__ANDROID__)
#define LFM_PORT_CONTEXT() lfm_port_thread()
#define LFM_PORT_THREADS   1

/* glibc's call to find it may allocate; it keeps room for libraries that are loaded late. musl keeps none, and its call
 * does not allocate. */
#ifdef __GLIBC__
#define LFM_PORT_OWN __attribute__((tls_model("initial-exec")))
#else
#define LFM_PORT_OWN
#endif

/* 0: this thread has no number yet (thread.c). */
extern _Thread_local _Atomic(uint32_t) lfm_thread_own LFM_PORT_OWN;

/* Gives it one. */
uint32_t lfm_thread_enter(void);

static inline uint32_t lfm_port_thread(void)
{
    /* relaxed: it is this thread's and its signal handlers' */
    const uint32_t own = atomic_load_explicit(&lfm_thread_own, memory_order_relaxed);
    return own != 0 ? own : lfm_thread_enter();
}
#else
#define LFM_PORT_CONTEXT() 0u
#endif
#endif
#ifndef LFM_PORT_THREADS
#define LFM_PORT_THREADS 0
#endif

/* Tells which context runs, unless that is a thread without a number. Then a rare case, apart, asks again by
 * LFM_PORT_CONTEXT(): the usual one calls nothing, so that it saves no registers. */
LFM_INLINE bool lfm_port_knows(uint32_t *context)
{
#if LFM_PORT_THREADS
    /* relaxed, as above */
    *context = atomic_load_explicit(&lfm_thread_own, memory_order_relaxed);
    return *context != 0;
#else
    *context = (uint32_t)LFM_PORT_CONTEXT();
    return true;
#endif
}

/* One of n for a context; contexts with numbers in a row share one only if there are more than n. Of none, the first:
 * what nobody has initialised is empty, no division by zero. */
static inline uint32_t lfm_port_pick(uint32_t context, uint32_t n)
{
    return context < n ? context : n == 0 ? 0 : context % n;
}

#endif
