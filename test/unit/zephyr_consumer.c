/* SPDX-License-Identifier: MIT */
/* A program for Zephyr: all it knows is what its manual says, and what an installed package tells the compiler. With
 * BARE it is one without a C library and without anybody who waits. */
#include <zephyr/kernel.h>
#include <zephyr/sys/sys_heap.h>

K_MEM_POOL_DEFINE(packets, 64, 1024, 2, 4);
K_HEAP_DEFINE(buffers, 512);

#ifdef BARE
void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memset(void *to, int value, size_t bytes);

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        ((volatile char *)to)[i] = ((const char *)from)[i];
    }
    return to;
}

void *memset(void *to, int value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        ((volatile char *)to)[i] = (char)value;
    }
    return to;
}

static bool can_wait(void)
{
    return true;
}
#else
static bool can_wait(void)
{
    struct k_mem_block block, more;
    const int first = k_mem_pool_alloc(&packets, &block, 1024, K_FOREVER);
    const int second = k_mem_pool_alloc(&packets, &more, 1024, K_MSEC(1));
    const int third = k_mem_pool_alloc(&packets, &more, 1024, K_MSEC(1));
    k_mem_pool_free(&block);
    void *const all = k_heap_alloc(&buffers, 512, K_FOREVER), *const none = k_heap_alloc(&buffers, 1, K_MSEC(1));
    k_heap_free(&buffers, all);
    sys_heap_print_info(&buffers.heap, true);
    return first == 0 && second == 0 && third == -EAGAIN && all != NULL && none == NULL;
}
#endif

static bool has_heaps(void)
{
    static unsigned char memory[Z_HEAP_MIN_SIZE_FOR(100)];
    static struct sys_heap heap;
    sys_heap_init(&heap, memory, sizeof memory);
    void *const block = sys_heap_aligned_alloc(&heap, 16, 100);
    sys_heap_free(&heap, block);
    return block != NULL && sys_heap_validate(&heap) && sys_heap_validate(&buffers.heap);
}

int main(void)
{
    char *text = k_malloc(200), *zeros = k_calloc(3, 20), *packet = k_mem_pool_malloc(&packets, 600);
    bool good = text != NULL && zeros != NULL && packet != NULL && zeros[59] == 0;
    text = k_realloc(text, 60);
    k_free(text);
    k_free(zeros);
    k_free(packet);
    void *aligned = k_aligned_alloc(256, 10);
    good = good && (uintptr_t)aligned % 256 == 0;
    k_free(aligned);
    return !(good && has_heaps() && can_wait());
}
