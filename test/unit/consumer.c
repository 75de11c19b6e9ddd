/* SPDX-License-Identifier: MIT */
/* A program of somebody else's: all it knows of lfmem is what an installed package tells. */
#include <lfmem/lfmem.h>
#include <stdio.h>

LFM_POOL_DEFINE(blocks, 4, 100, 8);

int main(void)
{
    void *block = lfm_pool_get(blocks);
    const lfm_status status = lfm_pool_put(blocks, block);
    printf("lfmem %s: %s\n", LFM_VERSION_STRING, lfm_status_string(status));
    return block == NULL || status != LFM_OK || lfm_pool_check(blocks) != LFM_OK;
}
