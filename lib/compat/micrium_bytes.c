/* SPDX-License-Identifier: MIT */
/* Micrium uC/LIB's calls that set, copy and compare bytes: lib_mem.h has them, and programs use them. Some build
 * memset(), memcpy(), memmove() and memcmp() on them. So none of those is called here. */
#include "micrium.h"

/* Memory of any type, a word at a time. */
typedef uintptr_t __attribute__((may_alias)) lfm_micrium_word;

/* A compiler that sees a loop set or copy a stretch of memory calls memset() or memcpy() for it. So each round passes
 * its pointer through here, and the compiler does not know where it is then. (Options would do, too. But a program that
 * compiles this file has options of its own.) */
#define LFM_MICRIUM_UNKNOWN(value) __asm__("" : "+r"(value))

#define LFM_MICRIUM_WORD  sizeof(lfm_micrium_word)
#define LFM_MICRIUM_WORDS (4 * LFM_MICRIUM_WORD) /* that a round of a fast loop takes */

/* Step: bytes of `size` from an address on that lie before the first word. */
static inline size_t lfm_micrium_head(uintptr_t address, size_t size)
{
    const size_t head = ((uintptr_t)0 - address) % LFM_MICRIUM_WORD;
    LFM_ASSERT(head < LFM_MICRIUM_WORD);
    return head < size ? head : size;
}

static inline bool lfm_micrium_is_word(uintptr_t address)
{
    return address % LFM_MICRIUM_WORD == 0;
}

void Mem_Clr(void *pmem, CPU_SIZE_T size)
{
    Mem_Set(pmem, 0, size);
}

/* Sets bytes; returns what lies behind them. */
static CPU_INT08U *lfm_micrium_set(CPU_INT08U *to, CPU_INT08U value, size_t size)
{
    for (; size > 0; size--) {
        *to++ = value;
        LFM_MICRIUM_UNKNOWN(to);
    }
    return to;
}

void Mem_Set(void *pmem, CPU_INT08U data_val, CPU_SIZE_T size)
{
    if (pmem == NULL) {
        return;
    }
    const size_t head = lfm_micrium_head((uintptr_t)pmem, size);
    uintptr_t value = data_val * (UINTPTR_MAX / 0xFF);
    LFM_MICRIUM_UNKNOWN(value); /* or four stores of a constant are a memset() */
    lfm_micrium_word *to = (lfm_micrium_word *)(void *)lfm_micrium_set(pmem, data_val, head);
    size -= head;
    LFM_ASSERT(size == 0 || lfm_micrium_is_word((uintptr_t)to));
    for (; !LFM_SMALL && size >= LFM_MICRIUM_WORDS; size -= LFM_MICRIUM_WORDS) {
        to[0] = to[1] = to[2] = to[3] = value;
        to += 4;
        LFM_MICRIUM_UNKNOWN(to);
    }
    for (; size >= LFM_MICRIUM_WORD; size -= LFM_MICRIUM_WORD) {
        *to++ = value;
        LFM_MICRIUM_UNKNOWN(to);
    }
    LFM_ASSERT(size < LFM_MICRIUM_WORD);
    (void)lfm_micrium_set((CPU_INT08U *)to, data_val, size);
}

/* Copies bytes in ascending order; moves both pointers behind them. Where words may lie anywhere, compilers make one of
 * the bytes of a round of the fast loop. Each round reads before it writes. */
static void lfm_micrium_up(CPU_INT08U **to, const CPU_INT08U **from, size_t size)
{
    CPU_INT08U *write = *to;
    const CPU_INT08U *read = *from;
    for (; !LFM_SMALL && size >= 8; size -= 8) {
        const CPU_INT08U a = read[0], b = read[1], c = read[2], d = read[3];
        const CPU_INT08U e = read[4], f = read[5], g = read[6], h = read[7];
        write[0] = a, write[1] = b, write[2] = c, write[3] = d;
        write[4] = e, write[5] = f, write[6] = g, write[7] = h;
        write += 8;
        read += 8;
        LFM_MICRIUM_UNKNOWN(write);
    }
    for (; size > 0; size--) {
        *write++ = *read++;
        LFM_MICRIUM_UNKNOWN(write);
    }
    *to = write;
    *from = read;
}

/* Whole words in ascending order. Each round reads before it writes, and writes nothing that a later one reads if `to`
 * lies below `from`. Returns the bytes that are left. */
static size_t lfm_micrium_words_up(CPU_INT08U **to, const CPU_INT08U **from, size_t size)
{
    lfm_micrium_word *write = (lfm_micrium_word *)(void *)*to;
    const lfm_micrium_word *read = (const lfm_micrium_word *)(const void *)*from;
    LFM_ASSERT(size == 0 || lfm_micrium_is_word((uintptr_t)write | (uintptr_t)read));
    for (; !LFM_SMALL && size >= LFM_MICRIUM_WORDS; size -= LFM_MICRIUM_WORDS) {
        const uintptr_t a = read[0], b = read[1], c = read[2], d = read[3];
        write[0] = a, write[1] = b, write[2] = c, write[3] = d;
        write += 4;
        read += 4;
        LFM_MICRIUM_UNKNOWN(write);
    }
    for (; size >= LFM_MICRIUM_WORD; size -= LFM_MICRIUM_WORD) {
        *write++ = *read++;
        LFM_MICRIUM_UNKNOWN(write);
    }
    LFM_ASSERT(size < LFM_MICRIUM_WORD);
    *to = (CPU_INT08U *)write;
    *from = (const CPU_INT08U *)read;
    return size;
}

void Mem_Copy(void *pdest, const void *psrc, CPU_SIZE_T size)
{
    CPU_INT08U *to = pdest;
    const CPU_INT08U *from = psrc;
    if (to == NULL || from == NULL) {
        return;
    }
    if (lfm_micrium_is_word((uintptr_t)to ^ (uintptr_t)from)) {
        const size_t head = lfm_micrium_head((uintptr_t)to, size);
        lfm_micrium_up(&to, &from, head);
        LFM_ASSERT(head <= size);
        size = lfm_micrium_words_up(&to, &from, size - head);
    }
    lfm_micrium_up(&to, &from, size);
}

/* Copies in descending order the bytes that end before two places. */
static void lfm_micrium_down(CPU_INT08U *to, const CPU_INT08U *from, size_t size)
{
    const bool alike = lfm_micrium_is_word((uintptr_t)to ^ (uintptr_t)from);
    for (; size > 0 && !(alike && lfm_micrium_is_word((uintptr_t)to)); size--) {
        *--to = *--from;
        LFM_MICRIUM_UNKNOWN(to);
    }
    lfm_micrium_word *write = (lfm_micrium_word *)(void *)to;
    const lfm_micrium_word *read = (const lfm_micrium_word *)(const void *)from;
    LFM_ASSERT(size == 0 || lfm_micrium_is_word((uintptr_t)write | (uintptr_t)read));
    for (; size >= LFM_MICRIUM_WORD; size -= LFM_MICRIUM_WORD) {
        *--write = *--read;
        LFM_MICRIUM_UNKNOWN(write);
    }
    to = (CPU_INT08U *)write;
    from = (const CPU_INT08U *)read;
    for (; size > 0; size--) {
        *--to = *--from;
        LFM_MICRIUM_UNKNOWN(to);
    }
}

void Mem_Move(void *pdest, const void *psrc, CPU_SIZE_T size)
{
    CPU_INT08U *const to = pdest;
    const CPU_INT08U *const from = psrc;
    if (to == NULL || from == NULL || to == from) {
        return;
    }
    if ((uintptr_t)to - (uintptr_t)from >= size) { /* the start of what is written is not read later */
        Mem_Copy(to, from, size);
    } else {
        LFM_ASSERT(from < to && to < from + size);
        lfm_micrium_down(to + size, from + size, size);
    }
}

CPU_BOOLEAN Mem_Cmp(const void *p1_mem, const void *p2_mem, CPU_SIZE_T size)
{
    const CPU_INT08U *a = p1_mem, *b = p2_mem;
    if (size == 0) {
        return DEF_YES;
    }
    if (a == NULL || b == NULL) {
        return DEF_NO;
    }
    if (lfm_micrium_is_word((uintptr_t)a | (uintptr_t)b)) {
        const lfm_micrium_word *x = (const lfm_micrium_word *)p1_mem, *y = (const lfm_micrium_word *)p2_mem;
        for (; size >= LFM_MICRIUM_WORD && *x == *y; size -= LFM_MICRIUM_WORD) {
            x++, y++;
            LFM_MICRIUM_UNKNOWN(x);
        }
        a = (const CPU_INT08U *)x;
        b = (const CPU_INT08U *)y;
    }
    for (; size > 0 && *a == *b; size--) {
        a++, b++;
        LFM_MICRIUM_UNKNOWN(a);
    }
    LFM_ASSERT(size == 0 || *a != *b);
    return size == 0 ? DEF_YES : DEF_NO;
}
