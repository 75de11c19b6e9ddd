/* SPDX-License-Identifier: MIT */
#include "dynpool_in_line.h"
#include <string.h>

LFM_SEGMENT_DEFINE(ram, 64, 8);
LFM_DYNPOOL_DEFINE(three, ram, 1, 3, 1, 16, 8);

#if LFM_WORD_BITS == 64 && !defined(__clang__) /* with 32-bit words, scenarios split counts, which are not in line */
/* A shape that is not known does not compile. */
void not_in_line(void) __attribute__((error("not in line")));
#define IN_LINE(known) ((known) ? (void)0 : not_in_line())
#else
#define IN_LINE(known) ((void)0)
#endif

static lfm_dynpool_states_ fresh;

__attribute__((constructor)) static void keep(void)
{
    memcpy(&fresh, &three_lfm_state, sizeof fresh);
}

const lfm_dynpool *in_line_dynpool(unsigned char **first, const lfm_segment **segment, unsigned char **memory,
                                   const lfm_segment **records)
{
    memcpy(&three_lfm_state, &fresh, sizeof fresh);
    memset(three_lfm_storage, 0, sizeof three_lfm_storage);
    memset(&ram_lfm_state, 0, sizeof ram_lfm_state);
    *first = three_lfm_storage;
    *segment = ram;
    *memory = ram_lfm_storage;
    *records = three_lfm_records;
    return three;
}

void *in_line_dynpool_get(void)
{
    IN_LINE(lfm_dynpool_is_known_(three));
    return lfm_dynpool_get(three);
}

lfm_status in_line_dynpool_put(void *block)
{
    IN_LINE(lfm_dynpool_is_known_(three));
    return lfm_dynpool_put(three, block);
}

void *in_line_alloc(size_t bytes, size_t align)
{
    IN_LINE(lfm_segment_is_known_(ram));
    return lfm_segment_alloc(ram, bytes, align);
}
