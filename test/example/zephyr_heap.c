/* SPDX-License-Identifier: MIT */
/* A program for Zephyr's heap memory pool, with nothing in it that is lfmem's: a task keeps a table of names that
 * grows, builds a message and hands it to another thread, which frees it. What it prints is what Zephyr's manual
 * promises: which block a request takes, how many blocks of each size there are, and that a chunk is aligned. */
#include <kernel.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static int failures;

static void check(int holds, const char *what)
{
    printf("%-64s %s\n", what, holds ? "yes" : "NO");
    failures += !holds;
}

/* 200 bytes fit into a block of 256; so do 75, and 200 again. */
static void allocate_and_release(void)
{
    char *text = k_malloc(200);
    if (text == NULL) {
        check(0, "memory for 200 bytes");
        return;
    }
    memset(text, 0, 200);
    check((uintptr_t)text % 4 == 0, "a chunk is aligned to 4 bytes");
    k_free(text);
    char *other = k_malloc(75);
    check(other == text, "75 bytes take a block of 256, too: the same one");
    k_free(other);
    k_free(NULL);
}

/* Blocks of one size until there are no more. */
static unsigned blocks_of(size_t size)
{
    static void *blocks[CONFIG_HEAP_MEM_POOL_SIZE / CONFIG_HEAP_MEM_POOL_MIN_SIZE + 1];
    unsigned n = 0;
    while ((blocks[n] = k_malloc(size)) != NULL) {
        n++;
    }
    for (unsigned i = 0; i < n; i++) {
        k_free(blocks[i]);
    }
    return n;
}

static void count_blocks(void)
{
    for (size_t size = CONFIG_HEAP_MEM_POOL_MIN_SIZE; size <= CONFIG_HEAP_MEM_POOL_SIZE; size *= 4) {
        char text[64];
        const unsigned n = blocks_of(size);
        snprintf(text, sizeof text, "%u blocks of %zu bytes in %d", n, size, CONFIG_HEAP_MEM_POOL_SIZE);
        check(n == CONFIG_HEAP_MEM_POOL_SIZE / size, text);
    }
    /* each block of 256 bytes is four blocks of 64 less */
    void *large = k_malloc(256);
    check(blocks_of(64) == (CONFIG_HEAP_MEM_POOL_SIZE - 256) / 64, "one block of 256 bytes is four of 64 less");
    k_free(large);
}

static void *receive(void *message)
{
    char *text = message;
    const int is_it = strcmp(text, "from another thread's heap: it has but one") == 0;
    k_free(text);
    return is_it ? message : NULL;
}

static void hand_over(void)
{
    pthread_t thread;
    void *result;
    char *message = k_calloc(1, 50);
    if (message == NULL) {
        check(0, "memory for a message");
        return;
    }
    strcpy(message, "from another thread's heap: it has but one");
    if (pthread_create(&thread, NULL, receive, message) == 0 && pthread_join(thread, &result) == 0) {
        check(result != NULL, "another thread reads and frees it");
    }
}

int main(void)
{
    allocate_and_release();
    count_blocks();
    hand_over();
    void *all = k_malloc(CONFIG_HEAP_MEM_POOL_SIZE);
    check(all != NULL, "the heap is one block again");
    check(k_malloc(1) == NULL, "and then there is nothing left");
    k_free(all);
    return failures != 0;
}
