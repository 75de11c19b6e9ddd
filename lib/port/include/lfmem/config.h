/* SPDX-License-Identifier: MIT */
/** @file config.h
 * The same as Meson makes of include/lfmem/config.h.in, for other builds. They put this folder beside include/ in the
 * search path, and set what is to differ by -D. Words, checks, shards and heap_marks are set for the library and for
 * what uses it, the others for the library (lib/port/README.md). What each means is in meson_options.txt. */
#ifndef LFMEM_CONFIG_H
#define LFMEM_CONFIG_H

#define LFM_VERSION_MAJOR  0
#define LFM_VERSION_MINOR  1
#define LFM_VERSION_PATCH  0
#define LFM_VERSION_STRING "0.1.0"

/** One number, greater for a later version: `#if LFM_VERSION >= LFM_VERSION_NUMBER(0, 2, 0)`. */
#define LFM_VERSION_NUMBER(major, minor, patch) ((major)*10000 + (minor)*100 + (patch))
#define LFM_VERSION                             LFM_VERSION_NUMBER(LFM_VERSION_MAJOR, LFM_VERSION_MINOR, LFM_VERSION_PATCH)

/** Width in bits of the words that are changed by compare-and-swap: 64 where that is lock-free, else 32. */
#ifndef LFM_WORD_BITS
#if __GCC_ATOMIC_LLONG_LOCK_FREE == 2
#define LFM_WORD_BITS 64
#else
#define LFM_WORD_BITS 32
#endif
#endif

/** What a put checks: 0, 1 or 2. */
#ifndef LFM_CHECKS
#define LFM_CHECKS 1
#endif

/** 1: pools can have shards, which is of use where several cores or threads take and put at the same time. */
#ifndef LFM_SHARDS
#define LFM_SHARDS 0
#endif

/** 1: heaps of more than 8192 words have a full-summary, which spares searches what others have found full. */
#ifndef LFM_HEAP_MARKS
#define LFM_HEAP_MARKS 0
#endif

/** 1: a block is filled with 0xA5 when it is put. */
#ifndef LFM_POISON
#define LFM_POISON 0
#endif

/** 1: AddressSanitizer, where it is compiled in, is told which blocks are free. */
#ifndef LFM_ASAN
#define LFM_ASAN 0
#endif

/** 1: Valgrind is told which blocks are free. */
#ifndef LFM_VALGRIND
#define LFM_VALGRIND 0
#endif

/** 1: the library has one copy of a function, and no code that is only faster. Programs need not have the same. Where
 * pools have one list, this costs little time. */
#ifndef LFM_SMALL
#define LFM_SMALL (!LFM_SHARDS)
#endif

#endif
