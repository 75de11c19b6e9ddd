/* SPDX-License-Identifier: MIT */
/* Mem_OutputUsage() of Micrium uC/LIB. */
#include "micrium.h"

enum {
    TEXT_BYTES = 64,
    DIGITS = 10 /* least width of a number */
};

typedef void output(CPU_CHAR *text);

/* In pieces, since the output may write into what it is given, and a name is not ours. */
static void print(output *out, const CPU_CHAR *text)
{
    CPU_CHAR piece[TEXT_BYTES];
    while (*text != 0) {
        size_t n = 0;
        while (n < TEXT_BYTES - 1 && *text != 0) {
            piece[n++] = *text++;
        }
        piece[n] = 0;
        out(piece);
    }
}

static void print_number(output *out, size_t number)
{
    CPU_CHAR text[TEXT_BYTES];
    size_t at = TEXT_BYTES - 1;
    text[at] = 0;
    do {
        text[--at] = (CPU_CHAR)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    while (at > TEXT_BYTES - 1 - DIGITS) {
        text[--at] = ' ';
    }
    print(out, text + at);
}

static void print_row(output *out, const CPU_CHAR *kind, size_t bytes, const size_t *free, const CPU_CHAR *name)
{
    print(out, kind);
    print_number(out, bytes);
    print(out, " | ");
    if (free != NULL) {
        print_number(out, *free);
    } else {
        print(out, "          ");
    }
    print(out, " | ");
    print(out, name != NULL ? name : "(no name)");
    print(out, "\r\n");
}

/* Bytes taken by a use; 0 also if its pool has been made anew elsewhere. */
static size_t bytes_of(const mem_use *use)
{
    if (use->pool == NULL) {
        return atomic_load_explicit((_Atomic(size_t) *)&use->bytes, LFM_MO_USE_BYTES);
    }
    lfm_dynpool_stats_t stats;
    lfm_dynpool_stats(use->pool->UsePtr == use ? &use->pool->Pool : NULL, &stats);
    return stats.created * stats.stride;
}

static void print_segment(output *out, const MEM_SEG *seg)
{
    lfm_segment_stats_t stats;
    lfm_segment_stats(&seg->Segment, &stats);
    print_row(out, "| Segment | ", stats.bytes, &stats.free, seg->NamePtr);
    size_t rest = stats.used;
    for (const mem_use *use = lfm_micrium_uses_of(seg); use != NULL; use = use->next) {
        const size_t bytes = bytes_of(use);
        if (bytes != 0) {
            print_row(out, "| Object  | ", bytes, NULL, use->name);
        }
        rest -= bytes < rest ? bytes : rest; /* more than that was taken meanwhile */
    }
    if (rest != 0) {
        print_row(out, "| Object  | ", rest, NULL, "(other)");
    }
}

void Mem_OutputUsage(void (*out_fnct)(CPU_CHAR *), LIB_ERR *p_err)
{
    if (p_err == NULL) {
        return;
    }
    *p_err = LIB_MEM_ERR_NULL_PTR;
    if (out_fnct != NULL) {
        print(out_fnct, "| Type    |       Size |       Free | Name\r\n");
        print(out_fnct, "|---------|------------|------------|-----\r\n");
        for (const MEM_SEG *seg = Mem_SegListNext(NULL); seg != NULL; seg = Mem_SegListNext(seg)) {
            print_segment(out_fnct, seg);
        }
        *p_err = LIB_MEM_ERR_NONE;
    }
}
