/* SPDX-License-Identifier: MIT */
/* What lfmem needs to know of the platform beyond C11: that its words are lock-free, and which context is running.
 * lib/README.md, "Ports", says what a port header may define. */
#ifndef LFM_LIB_PORT_H
#define LFM_LIB_PORT_H

#include <lfmem/config.h>
#include <stdatomic.h>
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
    "this target has no lock-free compare-and-swap; lib/port has ports that do without, one of which must be named: -Dport=..."
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

/* A number that differs, if it can, between contexts that run at the same time: 0, 1, 2 ... for cores, or any number of
 * which the low 32 bits tell. A hint: any value is right. */
#ifndef LFM_PORT_CONTEXT
#if defined(__x86_64__) && defined(__linux__) && !defined(__ILP32__)
static inline uintptr_t lfm_port_thread_pointer(void)
{
    uintptr_t pointer;
    __asm__("mov %%fs:0, %0" : "=r"(pointer));
    return pointer;
}
#elif defined(__linux__) && (defined(__aarch64__) || defined(__arm__) || defined(__riscv))
static inline uintptr_t lfm_port_thread_pointer(void)
{
    return (uintptr_t)__builtin_thread_pointer();
}
#else
static inline uintptr_t lfm_port_thread_pointer(void)
{
    return 0;
}
#endif
#define LFM_PORT_CONTEXT() (lfm_port_thread_pointer() >> 4)
#endif

/* One of n < 2^16 for a context: its own while numbers last, else one that is spread. Thread pointers are a stack
 * apart, often a power of two and a page, which one multiplication by the golden ratio (Knuth, TAOCP 3, 6.4) would
 * leave side by side; two with a shift between spread any distance. */
static inline uint32_t lfm_port_spread(uintptr_t context, uint32_t n)
{
    uint32_t mixed = (uint32_t)context * UINT32_C(2654435769);
    mixed = (mixed ^ mixed >> 15) * UINT32_C(2654435769);
    return context < n ? (uint32_t)context : (mixed >> 16) * n >> 16;
}

#endif
