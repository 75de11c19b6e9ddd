/* SPDX-License-Identifier: MIT */
/* The source once more, with names of its own for what others link. */
#define lfm_zephyr_take    request_alone_take
#define lfm_zephyr_serve   request_alone_serve
#define lfm_zephyr_abandon request_alone_abandon
#define lfm_zephyr_forked  request_alone_forked
#include "../../lib/compat/zephyr_alloc.h"

int request_alone_alloc(struct k_mem_pool *pool, struct k_mem_block *block, size_t size, k_timeout_t timeout);
#define k_mem_pool_alloc request_alone_alloc /* kernel.h names a symbol for the other one */
#include "../../lib/compat/zephyr_alloc.c"

#include "zephyr_request_alone.h"

static const lfm_heap *owner;
static lfm_zephyr_wait_count waits;

void request_reset(const lfm_heap *heap)
{
    request_alone_forked();
    owner = heap;
    LFM_STORE(WAIT_OWN, &waits, 0);
}

void request_wait(size_t align, size_t size)
{
    (void)lfm_zephyr_end_wait(lfm_zephyr_begin_wait(owner, &waits, align, size, 0));
}

bool request_read(size_t *align, size_t *size)
{
    lfm_zephyr_request request;
    const uint32_t horizon = LFM_LOAD(WAIT_HORIZON, &lfm_zephyr_tickets);
    if (!lfm_zephyr_read_request(&lfm_zephyr_waiters[0], owner, horizon, &request)) {
        return false;
    }
    *align = request.align;
    *size = request.size;
    return true;
}
