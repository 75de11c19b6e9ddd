/* SPDX-License-Identifier: MIT */
/* One of two programs that share a file, which is standard input, mapped. `make`: makes an object of each kind in it.
 * Else: says for each whether it can be used, as digits, the statuses of lfm_*_attach(); and uses those that can.
 *
 * With ATTACH_BARE it needs no libc, so that it can be a program with pointers of another width where there is a
 * compiler for that, but no library: Linux, x86 with 32 bits. */
#include <lfmem/lfmem.h>

enum {
    PART = 16384, /* for each object and its memory */
    BYTES = 8 * PART,
    BEHIND = 512 /* the control block, of any layout */
};

typedef struct shared {
    unsigned char *at;
} shared;

static void *control_of(const shared *s, unsigned part)
{
    return s->at + part * PART;
}

static void *memory_of(const shared *s, unsigned part)
{
    return s->at + part * PART + BEHIND;
}

#define POOL(s)     ((lfm_pool *)control_of(s, 0))
#define SEGMENT(s)  ((lfm_segment *)control_of(s, 1))
#define METADATA(s) ((lfm_segment *)control_of(s, 2))
#define DYNPOOL(s)  ((lfm_dynpool *)control_of(s, 3))
#define HEAP(s)     ((lfm_heap *)control_of(s, 4))

static int make(const shared *s)
{
    const size_t bytes = PART - BEHIND;
    const lfm_dynpool_config config = {
        .block_size = 40, .align = 8, .initial = 3, .maximum = LFM_UNLIMITED, .grow = 4, .metadata = METADATA(s)};
    return lfm_pool_init(POOL(s), memory_of(s, 0), bytes, 100, 40, 8) == LFM_OK &&
                   lfm_segment_init(SEGMENT(s), memory_of(s, 1), bytes, 32) == LFM_OK &&
                   lfm_segment_init(METADATA(s), memory_of(s, 2), bytes, 1) == LFM_OK &&
                   lfm_dynpool_init(DYNPOOL(s), SEGMENT(s), &config) == LFM_OK &&
                   lfm_heap_init(HEAP(s), memory_of(s, 4), bytes, NULL) == LFM_OK
               ? 0
               : 1;
}

/* Whether each object gives and takes in this mapping. */
static int use(const shared *s)
{
    for (int i = 0; i < 20; i++) {
        void *const block = lfm_pool_get(POOL(s)), *const frame = lfm_dynpool_get(DYNPOOL(s));
        void *const text = lfm_heap_alloc(HEAP(s), 100);
        if (lfm_pool_put(POOL(s), block) != LFM_OK || lfm_dynpool_put(DYNPOOL(s), frame) != LFM_OK ||
            lfm_heap_free(HEAP(s), text) != LFM_OK || lfm_segment_alloc(SEGMENT(s), 16, 16) == NULL) {
            return 1;
        }
    }
    return lfm_pool_check(POOL(s)) == LFM_OK && lfm_dynpool_check(DYNPOOL(s)) == LFM_OK &&
                   lfm_heap_check(HEAP(s)) == LFM_OK
               ? 0
               : 1;
}

static int attach(const shared *s, char digits[6])
{
    const lfm_status all[] = {lfm_pool_attach(POOL(s)), lfm_segment_attach(SEGMENT(s)), lfm_segment_attach(METADATA(s)),
                              lfm_dynpool_attach(DYNPOOL(s)), lfm_heap_attach(HEAP(s))};
    int ok = 1;
    for (int i = 0; i < 5; i++) {
        digits[i] = (char)('0' + all[i]);
        ok = ok && all[i] == LFM_OK;
    }
    digits[5] = '\n';
    return ok ? use(s) : 0;
}

#ifndef ATTACH_BARE

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    unsigned char *const spare = mmap(NULL, 1 << 16, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); /* lie elsewhere */
    const shared s = {mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, 0, 0)};
    char digits[6];
    if (spare == MAP_FAILED || s.at == MAP_FAILED) {
        return 2;
    }
    if (argc > 1 && strcmp(argv[1], "make") == 0) {
        return make(&s);
    }
    const int failed = attach(&s, digits);
    return write(1, digits, sizeof digits) == sizeof digits ? failed : 2;
}

#else

void _start(void);

static long call(long number, long a, long b, long c, long d, long e)
{
    long result;
    __asm__ volatile("pushl %%ebp; xorl %%ebp, %%ebp; int $0x80; popl %%ebp"
                     : "=a"(result)
                     : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
                     : "memory");
    return result;
}

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        ((volatile unsigned char *)to)[i] = ((const unsigned char *)from)[i];
    }
    return to;
}

void *memset(void *to, int value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        ((volatile unsigned char *)to)[i] = (unsigned char)value;
    }
    return to;
}

/* Without arguments: `make` is a program of its own. */
__attribute__((force_align_arg_pointer)) void _start(void)
{
    const shared s = {(unsigned char *)call(192, 0, BYTES, 3, 1, 0)}; /* mmap2: read and write, shared */
    char digits[6];
    int failed = (unsigned long)s.at > -4096ul ? 2 : 0;
#ifdef ATTACH_MAKES
    failed = failed != 0 ? failed : make(&s);
#else
    if (failed == 0) {
        failed = attach(&s, digits);
        call(4, 1, (long)digits, sizeof digits, 0, 0);
    }
#endif
    for (;;) {
        call(1, failed, 0, 0, 0, 0);
    }
}

#endif
