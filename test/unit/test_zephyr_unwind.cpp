/* SPDX-License-Identifier: MIT */
/* A thread that is cancelled while it waits for a block leaves the functions that called k_mem_pool_alloc() as an
 * exception would: C++ ends what is in them. */
#include <cstdio>
#include <ctime>
#include <kernel.h>
#include <pthread.h>

K_MEM_POOL_DEFINE(pool, 64, 256, 1, 4);

static bool began, ended;
struct guard {
    guard()
    {
        began = true;
    }
    ~guard()
    {
        ended = true;
    }
};

static void *wait_for_block(void *unused)
{
    guard held;
    struct k_mem_block block;
    (void)k_mem_pool_alloc(&pool, &block, 64, K_FOREVER);
    return unused;
}

int main()
{
    struct k_mem_block all;
    pthread_t thread;
    void *result;
    const timespec moment = {0, 50000000};
    if (k_mem_pool_alloc(&pool, &all, 256, K_NO_WAIT) != 0 ||
        pthread_create(&thread, nullptr, wait_for_block, nullptr) != 0) {
        return 1;
    }
    nanosleep(&moment, nullptr);
    pthread_cancel(thread);
    if (pthread_join(thread, &result) != 0 || result != PTHREAD_CANCELED || began != ended) {
        std::printf("cancelled: %d, began: %d, ended: %d\n", result == PTHREAD_CANCELED, began, ended);
        return 1;
    }
    return 0;
}
