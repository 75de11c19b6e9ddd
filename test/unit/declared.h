/* SPDX-License-Identifier: MIT */
/* Static objects that several files name, as a program's own header declares them. */
#ifndef LFM_TEST_DECLARED_H
#define LFM_TEST_DECLARED_H

#include <lfmem/lfmem.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct record {
    double value;
    char name[13];
} record;

/* defined in declared_c.c */
LFM_POOL_DECLARE(c_pool);
LFM_POOL_DECLARE_TYPE(c_records, record);
LFM_POOL_DECLARE_SHAPE(c_shaped, 3, 24, 8);
LFM_POOL_DECLARE_SHAPE_TYPE(c_shaped_records, 2, record);
LFM_CACHE_DECLARE(c_cache);
LFM_SEGMENT_DECLARE(c_ram);
LFM_DYNPOOL_DECLARE(c_dynpool);
LFM_HEAP_DECLARE(c_heap);

/* defined in declared_cpp.cpp */
LFM_POOL_DECLARE(cpp_pool);
LFM_POOL_DECLARE_TYPE(cpp_records, record);
LFM_POOL_DECLARE_SHAPE(cpp_shaped, 3, 24, 8);
LFM_POOL_DECLARE_SHAPE_TYPE(cpp_shaped_records, 2, record);
LFM_CACHE_DECLARE(cpp_cache);
LFM_SEGMENT_DECLARE(cpp_ram);
LFM_DYNPOOL_DECLARE(cpp_dynpool);
LFM_HEAP_DECLARE(cpp_heap);

/* Take from what the other file defines, through its declaration. What C++ takes when it starts, before main. */
record *c_takes(void);
record *cpp_takes(void);
extern record *const cpp_took_early;

/* The same of pools of a shape, in line where C programs are optimised (declared_shape.c), and in C++. */
typedef struct shaped_use {
    void *(*get[2])(void);
    lfm_status (*put[2])(void *block);
    record *(*take)(void);
    lfm_status (*give)(record *r);
    const lfm_pool *pools[4]; /* as that file has them: of blocks and of records, those of C first */
} shaped_use;
extern const shaped_use c_shaped_use, cpp_shaped_use;

/* Gives back into what this file defines. */
lfm_status c_gives(record *r);
lfm_status cpp_gives(record *r);

#ifdef __cplusplus
}
#endif

#endif
