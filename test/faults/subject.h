/* SPDX-License-Identifier: MIT */
/* What a fault test works on: the pool as it is, or for a control with a spin lock around each call. */
#ifndef LFM_TEST_FAULTS_SUBJECT_H
#define LFM_TEST_FAULTS_SUBJECT_H

#include <lfmem/pool.h>

typedef struct subject {
    void *(*get)(lfm_pool *pool);
    lfm_status (*put)(lfm_pool *pool, void *block);
    size_t (*get_many)(lfm_pool *pool, void *blocks[], size_t n);
    lfm_status (*put_many)(lfm_pool *pool, void *const blocks[], size_t n);
} subject;

/* `lock`, zero at first, lies in memory that all contexts share; NULL: no lock. A program has one lock for all. */
subject subject_make(_Atomic(uint32_t) *lock);

#endif
