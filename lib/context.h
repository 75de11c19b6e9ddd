/* SPDX-License-Identifier: MIT */
/* Which context is running: a number, by which contexts that run at the same time are spread over lists and hints. */
#ifndef LFM_LIB_CONTEXT_H
#define LFM_LIB_CONTEXT_H

#include "atomic.h"
#include <lfmem/detail/assertion.h>

/* A number that differs, if it can, between contexts that run at the same time: 0, 1, 2 ... for cores. A hint: any
 * value is right. */
#ifndef LFM_PORT_CONTEXT
/* Compilers for Linux serve programs without it too: then nobody has set up what is a thread's own. Android's may
 * emulate that by locks and malloc. */
#if defined(__linux__) && __STDC_HOSTED__ && !defined(__ANDROID__)
#define LFM_PORT_CONTEXT() lfm_thread_number()
#define LFM_PORT_THREADS   1

/* glibc's call to find it may allocate; it keeps room for libraries that are loaded late. musl keeps none, and its call
 * does not allocate. */
#ifdef __GLIBC__
#define LFM_THREAD_LOCAL __attribute__((tls_model("initial-exec")))
#else
#define LFM_THREAD_LOCAL
#endif

/* 0: this thread has no number yet (thread.c). */
extern _Thread_local _Atomic(uint32_t) lfm_thread_own LFM_THREAD_LOCAL;

/* Gives it one. */
uint32_t lfm_thread_enter(void);

static inline uint32_t lfm_thread_number(void)
{
    /* relaxed: it is this thread's and its signal handlers' */
    const uint32_t own = LFM_LOAD(THREAD, &lfm_thread_own);
    return own != 0 ? own : lfm_thread_enter();
}
#else
#define LFM_PORT_CONTEXT() 0u
#endif
#endif
#ifndef LFM_PORT_THREADS
#define LFM_PORT_THREADS 0
#endif

/* The number of the running context. */
LFM_ALWAYS_INLINE uint32_t lfm_context_number(void)
{
    return (uint32_t)LFM_PORT_CONTEXT();
}

/* The same number, unless the context is a thread that has none yet: false. A caller leaves that rare case to a
 * function apart, which asks for the number. So the usual case calls nothing and saves no registers. */
LFM_ALWAYS_INLINE bool lfm_context_known(uint32_t *context)
{
#if LFM_PORT_THREADS
    /* relaxed, as above */
    *context = LFM_LOAD(THREAD, &lfm_thread_own);
    return *context != 0;
#else
    *context = (uint32_t)LFM_PORT_CONTEXT();
    return true;
#endif
}

/* One of n for a context. Contexts with numbers in a row share one only if there are more than n. Of none, the first: a
 * pool of all zero bytes is empty, and no division by zero. */
static inline uint32_t lfm_context_pick(uint32_t context, uint32_t n)
{
    const uint32_t picked = context < n ? context : n == 0 ? 0 : context % n;
    LFM_ASSERT(picked < n || n == 0);
    return picked;
}

#endif
