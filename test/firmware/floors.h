/* SPDX-License-Identifier: MIT */
/* Floors: the least that pools of these kinds cost, to compare lfmem with. Each has 16 blocks of 64 bytes, which the
 * compiler knows, as it knows those of a static pool. */
#ifndef LFM_TEST_FLOORS_H
#define LFM_TEST_FLOORS_H

#include <lfmem/status.h>

void floors_init(void);

/* A list with interrupts masked: no checks, one core only. */
void *list_get(void);
void list_put(void *block);

/* The same with all that a put of lfmem's checks at level 1, and the same statuses. */
void *checked_get(void);
lfm_status checked_put(void *block);

/* The textbook's lock-free stack with a tag against ABA: no checks, no count. */
void *tagged_get(void);
void tagged_put(void *block);

#endif
