/* SPDX-License-Identifier: MIT */
#include <lfmem/pool.h>
#include <string.h>

LFM_POOL_DEFINE(messages, 8, 64, 8); /* 8 blocks of 64 bytes, aligned to 8: ready before main */

int main(void)
{
    char *message = lfm_pool_get(messages); /* from a thread, a core or an interrupt handler */
    if (message == NULL)
        return 1; /* all 8 are taken */
    strcpy(message, "hello");
    return lfm_pool_put(messages, message) == LFM_OK ? 0 : 1; /* from any other one, too */
}
