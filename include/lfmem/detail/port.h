/* SPDX-License-Identifier: MIT */
/** @file port.h
 * What lfmem needs of the platform beyond C11: that its words are lock-free, memcpy and memset. What a port header may
 * define is in lib/README.md, "Ports". The defaults are in atomic.h and context.h. */
#ifndef LFMEM_DETAIL_PORT_H
#define LFMEM_DETAIL_PORT_H

#include <lfmem/detail/annotations.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef LFM_PORT_HEADER
#include LFM_PORT_HEADER
#endif

/* Whether the port has load-linked and store-conditional (atomic.h). */
#ifdef LFM_PORT_LOAD_LINKED
#define LFM_LINKED 1
#else
#define LFM_LINKED 0
#endif

#if LFM_WORD_BITS == 64 && ATOMIC_LLONG_LOCK_FREE != 2
#error "a 64-bit compare-and-swap is not lock-free on this target: configure with -Dword_bits=32"
#endif
#if ATOMIC_INT_LOCK_FREE != 2 && !defined(LFM_PORT_CAS)
#error \
    "this target has no lock-free compare-and-swap; lib/port has ports that do without, one of which must be named: Meson: -Dport=port/primask_one_core.h; Zephyr: CONFIG_LFMEM_MASK_INTERRUPTS=y; FreeRTOS's CMake: -DLFMEM_PORT_HEADER=port/primask_one_core.h; other builds: -DLFM_PORT_HEADER=\"port/primask_one_core.h\"; the RP2040's two cores: port/spin_lock_rp2040.h instead"
#endif

/* What a port makes atomic operations of, where the compiler's do not go together with them: "_masked". It is in the
 * symbol that the library has for programs whose calls are in line (configuration.h). */
#ifndef LFM_PORT_KIND
#define LFM_PORT_KIND ""
#endif
#define LFM_NAME_OF_ALL_ LFM_TEXT_OF_(__USER_LABEL_PREFIX__) "lfm_configuration" LFM_CONFIGURATION_ LFM_PORT_KIND

/* All that lfmem needs from outside. A freestanding compiler has no <string.h>. */
void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memset(void *to, int value, size_t bytes);

/* For functions whose arguments are constants in each caller, which then pays for nothing that it does not use. */
#define LFM_ALWAYS_INLINE static inline __attribute__((always_inline))

/* For rare cases, so that the usual one does not save their registers. */
#define LFM_NOINLINE static __attribute__((noinline))

#endif
