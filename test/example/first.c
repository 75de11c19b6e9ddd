/* SPDX-License-Identifier: MIT */
#include <lfmem/pool.h>
#include <pthread.h>
#include <stdio.h>

LFM_POOL_DEFINE(messages, 8, 64, 8); /* 8 blocks of 64 bytes, aligned to 8: ready before main */

static void *receive(void *message)
{
    printf("received \"%s\", ", (char *)message);
    lfm_status status = lfm_pool_put(messages, message); /* by another thread than took it */
    if (status != LFM_OK)
        fprintf(stderr, "put: %s\n", lfm_status_string(status));
    return NULL;
}

int main(void)
{
    char *message = lfm_pool_get(messages);
    if (message == NULL)
        return 1; /* all 8 are taken */
    snprintf(message, 64, "hello");

    pthread_t receiver;
    if (pthread_create(&receiver, NULL, receive, message) != 0 || pthread_join(receiver, NULL) != 0)
        return 1;

    lfm_pool_stats_t stats;
    lfm_pool_stats(messages, &stats);
    printf("%zu of %zu blocks free, never fewer than %zu\n", stats.free, stats.count, stats.min_free);
    return stats.free == stats.count ? 0 : 1;
}
