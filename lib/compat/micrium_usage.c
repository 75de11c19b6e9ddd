/* SPDX-License-Identifier: MIT */
/* Mem_OutputUsage() of Micrium uC/LIB. */
#include "micrium_list.h"

enum {
    LFM_MICRIUM_TEXT_BYTES = 64,
    LFM_MICRIUM_DIGITS = 10 /* least width of a number */
};

typedef void lfm_micrium_output(CPU_CHAR *text);

/* In pieces, since the output may write into what it is given, and a name is not ours. */
static void lfm_micrium_print(lfm_micrium_output *out, const CPU_CHAR *text)
{
    CPU_CHAR piece[LFM_MICRIUM_TEXT_BYTES];
    while (*text != 0) {
        size_t n = 0;
        while (n < LFM_MICRIUM_TEXT_BYTES - 1 && *text != 0) {
            piece[n++] = *text++;
        }
        LFM_ASSERT(n > 0 && n < LFM_MICRIUM_TEXT_BYTES);
        piece[n] = 0;
        out(piece);
    }
}

static void lfm_micrium_print_number(lfm_micrium_output *out, size_t number)
{
    CPU_CHAR text[LFM_MICRIUM_TEXT_BYTES];
    size_t at = LFM_MICRIUM_TEXT_BYTES - 1;
    text[at] = 0;
    do {
        text[--at] = (CPU_CHAR)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    while (at > LFM_MICRIUM_TEXT_BYTES - 1 - LFM_MICRIUM_DIGITS) {
        text[--at] = ' ';
    }
    LFM_ASSERT(at < LFM_MICRIUM_TEXT_BYTES - 1);
    lfm_micrium_print(out, text + at);
}

static void lfm_micrium_print_row(lfm_micrium_output *out, const CPU_CHAR *type, size_t bytes, const size_t *free,
                                  const CPU_CHAR *name)
{
    lfm_micrium_print(out, type);
    lfm_micrium_print_number(out, bytes);
    lfm_micrium_print(out, " | ");
    if (free != NULL) {
        lfm_micrium_print_number(out, *free);
    } else {
        lfm_micrium_print(out, "          ");
    }
    lfm_micrium_print(out, " | ");
    lfm_micrium_print(out, name != NULL ? name : "(no name)");
    lfm_micrium_print(out, "\r\n");
}

/* Bytes taken by a use; 0 also if its pool has been made anew elsewhere. */
static size_t lfm_micrium_use_bytes(const mem_use *use)
{
    if (use->pool == NULL) {
        return LFM_LOAD(USE_BYTES, (_Atomic(size_t) *)&use->bytes);
    }
    lfm_dynpool_stats_t stats;
    lfm_dynpool_stats(use->pool->UsePtr == use ? &use->pool->Pool : NULL, &stats);
    return stats.created * stats.stride;
}

static void lfm_micrium_print_segment(lfm_micrium_output *out, const MEM_SEG *seg)
{
    lfm_segment_stats_t stats;
    lfm_segment_stats(&seg->Segment, &stats);
    lfm_micrium_print_row(out, "| Segment | ", stats.bytes, &stats.free, seg->NamePtr);
    size_t rest = stats.used;
    LFM_ASSERT(stats.used <= stats.bytes);
    for (const mem_use *use = lfm_micrium_first_use(seg); use != NULL; use = use->next) {
        const size_t bytes = lfm_micrium_use_bytes(use);
        LFM_ASSERT(use->name != NULL && use->next != use);
        if (bytes != 0) {
            lfm_micrium_print_row(out, "| Object  | ", bytes, NULL, use->name);
        }
        LFM_ASSERT(rest <= stats.used);
        rest -= bytes < rest ? bytes : rest; /* more than that was taken meanwhile */
    }
    if (rest != 0) {
        lfm_micrium_print_row(out, "| Object  | ", rest, NULL, "(other)");
    }
}

void Mem_OutputUsage(void (*out_fnct)(CPU_CHAR *), LIB_ERR *p_err)
{
    if (p_err == NULL) {
        return;
    }
    *p_err = LIB_MEM_ERR_NULL_PTR;
    if (out_fnct != NULL) {
        lfm_micrium_print(out_fnct, "| Type    |       Size |       Free | Name\r\n");
        lfm_micrium_print(out_fnct, "|---------|------------|------------|-----\r\n");
        for (const MEM_SEG *seg = Mem_SegListNext(NULL); seg != NULL; seg = Mem_SegListNext(seg)) {
            lfm_micrium_print_segment(out_fnct, seg);
        }
        *p_err = LIB_MEM_ERR_NONE;
    }
}
