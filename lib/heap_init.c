/* SPDX-License-Identifier: MIT */
/* The layout of a heap: an init makes it, an attach compares it, a fini gives it up.
 *
 *     storage   | units, from the first | words of level 0 | words of level 1 | ... | stripes' hints | summary |
 *
 * Words are all 0 at first: everything is free (heap_word.h). A definer's metadata has a place of its own. */
#include "arith.h"
#include "attach.h"
#include "heap_level.h"
#include "hooks.h"
#include <lfmem/detail/assertion.h>

_Static_assert(sizeof(lfm_heap) <= 160, "a control block is at most 160 bytes");

#define LFM_HEAP_ALIGN_MIN 16u
#define LFM_HEAP_UNIT_MIN  8u
#define LFM_HEAP_MIN_BLOCK 64u
_Static_assert(LFM_HEAP_UNIT_MIN % sizeof(lfm_word_) == 0, "words are aligned behind any number of units");

/* Lays out the metadata of so many units: words level by level, hints, full-summary. Returns how many bytes that is; it
 * is what LFM_HEAP_METADATA_BYTES_ adds up. */
static size_t lfm_heap_lay_out(lfm_heap *heap, size_t units)
{
    const size_t stripes = LFM_HEAP_STRIPES_(units);
    size_t words = 0, level_words = units;
    unsigned level = 0;
    LFM_ASSERT(units >= 1);
    heap->units = units;
    do {
        level_words = ((level_words - 1) >> LFM_WORD_UNITS_SHIFT_) + 1;
        LFM_ASSERT(level < LFM_HEAP_LEVELS_);
        heap->first[level++] = (uint32_t)words;
        words += level_words;
    } while (level_words > 1);
    heap->top_level = (uint8_t)(level - 1);
    LFM_ASSERT(heap->first[heap->top_level] + 1 == words);
    const size_t orders = level * (LFM_WORD_UNITS_SHIFT_ + 1u);
    const size_t hints = stripes > 1 ? LFM_ROUND_UP_(orders + 1, 16) : orders + LFM_HEAP_HAS_FULL_(units);
    for (; level < LFM_HEAP_LEVELS_; level++) {
        heap->first[level] = (uint32_t)words;
    }
    heap->hints = words * sizeof(lfm_word_);
    heap->full = heap->hints + stripes * hints * sizeof(lfm_word_);
    const size_t bytes = heap->full + LFM_HEAP_NODES_(units) * sizeof(lfm_word_);
    LFM_ASSERT(heap->full % sizeof(lfm_word_) == 0 && bytes >= heap->full);
    if (!LFM_HEAP_HAS_FULL_(units)) {
        heap->full = 0;
    }
    return bytes;
}

lfm_status lfm_heap_init(lfm_heap *heap, void *storage, size_t storage_bytes, const lfm_heap_config *config)
{
    const size_t min_block = config == NULL || config->min_block == 0 ? LFM_HEAP_MIN_BLOCK : config->min_block;
    const lfm_heap_fit fit = config == NULL ? LFM_FIT_TRIMMED : config->fit;
    if (heap == NULL || storage == NULL || (uintptr_t)storage % LFM_HEAP_ALIGN_MIN != 0 ||
        !lfm_is_power_of_two(min_block) || min_block < LFM_HEAP_UNIT_MIN || min_block > (size_t)1 << 30 ||
        (unsigned)fit > LFM_FIT_BUDDY2 || (storage_bytes > 0 && storage_bytes - 1 > UINTPTR_MAX - (uintptr_t)storage)) {
        return LFM_EINVAL;
    }
    lfm_heap made = {
        .unit_shift = (uint8_t)lfm_log2_up(min_block),
        .fit = (uint8_t)fit,
        .counts = config != NULL && config->peak,
        .blocks = (unsigned char *)((uintptr_t)storage - (uintptr_t)heap + LFM_SIGNATURE_(LFM_OBJECT_HEAP_)),
        .origin = LFM_SIGNED(LFM_OBJECT_HEAP_),
        .state = (void *)LFM_SIGNED(LFM_OBJECT_HEAP_), /* in the heap */
    };
    /* the most units that fit beside their metadata: more units never have less of it */
    uint64_t low = 0, high = storage_bytes >> made.unit_shift;
    high = high < LFM_HEAP_MAX_UNITS ? high : LFM_HEAP_MAX_UNITS;
    while (low < high) {
        const uint64_t units = low + (high - low + 1) / 2;
        const size_t needed = lfm_heap_lay_out(&made, (size_t)units);
        if (needed <= storage_bytes - lfm_heap_bytes(&made)) {
            low = units;
        } else {
            high = units - 1;
        }
    }
    LFM_ASSERT((size_t)1 << made.unit_shift == min_block && low <= LFM_HEAP_MAX_UNITS);
    if (low == 0) {
        return LFM_ENOMEM;
    }
    const size_t metadata = lfm_heap_lay_out(&made, (size_t)low);
    LFM_ASSERT(lfm_heap_bytes(&made) <= storage_bytes && metadata <= storage_bytes - lfm_heap_bytes(&made));
    made.words = (unsigned char *)((uintptr_t)made.blocks + lfm_heap_bytes(&made)); /* differences, not addresses */
    memcpy(heap, &made, sizeof *heap);
    lfm_hook_reuse(storage, storage_bytes);
    LFM_ASSERT(lfm_heap_units(heap) == (unsigned char *)storage &&
               (uintptr_t)lfm_heap_metadata(heap) % sizeof(lfm_word_) == 0);
    memset(lfm_heap_metadata(heap), 0, metadata);
    lfm_hook_hide_run(storage, min_block, made.units);
    return LFM_OK;
}

/* Whether a heap's layout is that of its number of units. */
static bool lfm_heap_agrees(const lfm_heap *heap)
{
    const uint64_t units = heap->units; /* always fewer where size_t has 32 bits */
    if (units == 0 || units > LFM_HEAP_MAX_UNITS || heap->unit_shift > 30 ||
        heap->unit_shift < lfm_log2_up(LFM_HEAP_UNIT_MIN) || heap->units > SIZE_MAX >> heap->unit_shift ||
        heap->fit > LFM_FIT_BUDDY2 || heap->counts > 1) {
        return false;
    }
    lfm_heap made = {.unit_shift = heap->unit_shift};
    (void)lfm_heap_lay_out(&made, heap->units); /* the bytes that this takes are the storage's, which may be larger */
    /* only a definer puts words elsewhere than behind the units, and the state elsewhere than into the heap */
    bool same = (heap->origin == (const void *)heap ||
                 ((uintptr_t)heap->words - (uintptr_t)heap->blocks == lfm_heap_bytes(heap) &&
                  (const void *)heap->state == heap->origin)) &&
                made.top_level == heap->top_level && made.hints == heap->hints && made.full == heap->full;
    for (unsigned level = 0; level < LFM_HEAP_LEVELS_; level++) {
        same = same && made.first[level] == heap->first[level];
    }
    return same;
}

lfm_status lfm_heap_attach(const lfm_heap *heap)
{
    if (heap == NULL) {
        return LFM_EINVAL;
    }
    const lfm_status status =
        lfm_attach(heap, &heap->unit_shift, heap + 1, heap->origin, LFM_SIGNATURE_(LFM_OBJECT_HEAP_));
    if (status != LFM_OK) {
        return status;
    }
    if (!lfm_heap_agrees(heap)) {
        return LFM_ECORRUPT;
    }
    /* that of a static heap, which cannot be zeroed */
    const lfm_word_ top = LFM_LOAD(HEAP_END, lfm_heap_word_at(heap, heap->top_level, 0));
    const bool ended = (top & LFM_HEAP_WORD_STATES) == LFM_HEAP_WORD_ENDED;
    return ended && (const void *)heap->state != heap->origin ? LFM_EINVAL : LFM_OK;
}

/* The end of a static heap, which is constant: no unit is free, and none begins a block. */
static void lfm_heap_end(const lfm_heap *heap)
{
    memset(lfm_heap_metadata(heap), 0, heap->hints);
    LFM_STORE(HEAP_END, lfm_heap_word_at(heap, heap->top_level, 0), LFM_HEAP_WORD_ENDED);
    if (heap->counts) {
        LFM_STORE(HEAP_STAT, &lfm_heap_state(heap)->used, lfm_heap_bytes(heap));
    }
}

void lfm_heap_fini(const lfm_heap *heap)
{
    if (heap == NULL) {
        return;
    }
    lfm_hook_reuse(lfm_heap_units(heap), lfm_heap_bytes(heap));
    if ((const void *)heap->state == heap->origin) { /* its state is in it, so it is no constant */
        memset((void *)(uintptr_t)heap, 0, sizeof *heap);
    } else {
        lfm_heap_end(heap);
    }
}
