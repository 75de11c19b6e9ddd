/* SPDX-License-Identifier: MIT */
/* Boost's allocators as C functions, which are not inlined, as those of a library are not. */
#ifndef LFM_BENCH_CONTESTANTS_BOOST_CALLS_H
#define LFM_BENCH_CONTESTANTS_BOOST_CALLS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* boost::lockfree::stack of pointers, of fixed size; holds up to 65 534. */
void boost_stack_make(void);
void *boost_stack_pop(void);
void boost_stack_push(void *block);

/* The list of free nodes inside of it, boost::lockfree::detail::freelist_stack, with blocks of 64 bytes. */
void boost_freelist_make(size_t count);
void *boost_freelist_get(void);
void boost_freelist_put(void *block);

/* boost::interprocess::basic_managed_external_buffer: a best-fit heap in a piece of memory, under a mutex. */
void boost_heap_make(void *memory, size_t bytes);
void *boost_heap_alloc(size_t bytes);
void boost_heap_free(void *block);

#ifdef __cplusplus
}
#endif

#endif
