/* SPDX-License-Identifier: MIT */
/* What -fsanitize=thread makes compilers call. Plain accesses in the library's sources become these calls, but for
 * locals that nobody else can reach. */
#include "explore.h"
#include "shim.h"
#undef memcpy
#undef memset

#define HOOK(name, pointer, function, bytes) \
    void name(pointer at);                   \
    void name(pointer at)                    \
    {                                        \
        function(at, bytes);                 \
    }
#define HOOKS(bytes)                                                      \
    HOOK(__tsan_read##bytes, const void *, explore_read, bytes)           \
    HOOK(__tsan_unaligned_read##bytes, const void *, explore_read, bytes) \
    HOOK(__tsan_write##bytes, void *, explore_write, bytes)               \
    HOOK(__tsan_unaligned_write##bytes, void *, explore_write, bytes)
HOOKS(1)
HOOKS(2)
HOOKS(4)
HOOKS(8)
HOOKS(16)

void __tsan_read_range(const void *at, size_t bytes);
void __tsan_read_range(const void *at, size_t bytes)
{
    explore_read(at, bytes);
}

void __tsan_write_range(void *at, size_t bytes);
void __tsan_write_range(void *at, size_t bytes)
{
    explore_write(at, bytes);
}

/* What atomic_init() is with gcc. It is no atomic access. */
#define INIT(bits)                                                                        \
    void __tsan_atomic##bits##_store(volatile void *at, uint##bits##_t value, int order); \
    void __tsan_atomic##bits##_store(volatile void *at, uint##bits##_t value, int order)  \
    {                                                                                     \
        (void)order;                                                                      \
        explore_write((void *)at, sizeof value);                                          \
        memcpy((void *)at, &value, sizeof value);                                         \
    }
INIT(8)
INIT(16)
INIT(32)
INIT(64)

static bool is_told;

/* Called before main() by each source that is compiled so. */
void __tsan_init(void);
void __tsan_init(void)
{
    is_told = true;
}

bool explore_is_told(void)
{
    return is_told;
}

void __tsan_func_entry(const void *from);
void __tsan_func_entry(const void *from)
{
    (void)from;
}

void __tsan_func_exit(void);
void __tsan_func_exit(void)
{
}

/* Bytes that are copied and set; shim.h and clang put these in place of memcpy and memset. */

void *explore_memcpy(void *to, const void *from, size_t bytes)
{
    explore_read(from, bytes);
    explore_write(to, bytes);
    return memcpy(to, from, bytes);
}

void *explore_memset(void *to, int value, size_t bytes)
{
    explore_write(to, bytes);
    return memset(to, value, bytes);
}

void *__tsan_memcpy(void *to, const void *from, size_t bytes);
void *__tsan_memcpy(void *to, const void *from, size_t bytes)
{
    return explore_memcpy(to, from, bytes);
}

void *__tsan_memset(void *to, int value, size_t bytes);
void *__tsan_memset(void *to, int value, size_t bytes)
{
    return explore_memset(to, value, bytes);
}

void *__tsan_memmove(void *to, const void *from, size_t bytes);
void *__tsan_memmove(void *to, const void *from, size_t bytes)
{
    explore_read(from, bytes);
    explore_write(to, bytes);
    return memmove(to, from, bytes);
}
