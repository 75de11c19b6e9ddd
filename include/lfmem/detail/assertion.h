/* SPDX-License-Identifier: MIT */
/** @file assertion.h
 * Assertions: what is so whatever programs and other contexts do, as long as the library is right. They are off by
 * default, and on in tests (-Dassertions=true). What a program can get wrong is told by a status, never by these. */
#ifndef LFMEM_DETAIL_ASSERTION_H
#define LFMEM_DETAIL_ASSERTION_H

#ifndef LFM_ASSERTIONS
#define LFM_ASSERTIONS 0
#endif

/* What a failed one does; the explorer has its own. */
#if LFM_ASSERTIONS && !defined(LFM_PORT_ASSERT)
#if __STDC_HOSTED__
#undef NDEBUG
#include <assert.h>
#define LFM_PORT_ASSERT(condition) assert(condition)
#else
#define LFM_PORT_ASSERT(condition) ((condition) ? (void)0 : __builtin_trap())
#endif
#endif

#if LFM_ASSERTIONS
#define LFM_ASSERT(condition) LFM_PORT_ASSERT(condition)
#else
#define LFM_ASSERT(condition) ((void)sizeof(!(condition))) /* names what it needs, and evaluates nothing */
#endif

#endif
