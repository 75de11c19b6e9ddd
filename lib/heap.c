/* SPDX-License-Identifier: MIT */
/* Blocks of bytes: alloc, free, realloc and usable size, over units (heap_tree.h has the protocol and its proof). */
#include "arith.h"
#include "heap_hints.h"
#include "hooks.h"

/* Turns bytes at a multiple of `align` into a level, a number of its units and their alignment. False: it is more than
 * this heap has. Below the top, a block has at most all units of a word but one: all of them are one unit of the level
 * above. */
LFM_ALWAYS_INLINE bool lfm_heap_request(const lfm_heap *heap, size_t bytes, size_t align, lfm_request *request)
{
    const size_t unit = (size_t)1 << heap->unit_shift;
    size_t n = bytes <= unit ? 1 : ((bytes - 1) >> heap->unit_shift) + 1;
    unsigned align_order = align <= unit ? 0 : lfm_log2_up(align) - heap->unit_shift;
    for (unsigned level = 0; level <= heap->top_level; level++) {
        unsigned order = 0;
        if (n <= LFM_WORD_UNITS) {
            order = lfm_log2_up(n);
            order += heap->fit == LFM_FIT_BUDDY4 ? order & 1 : 0;
        }
        const size_t needed = n <= LFM_WORD_UNITS && heap->fit != LFM_FIT_TRIMMED ? (size_t)1 << order : n;
        const unsigned room = level == heap->top_level ? LFM_WORD_UNITS : LFM_WORD_UNITS - 1u;
        if (needed <= room && align_order <= LFM_WORD_UNITS_SHIFT_) {
            LFM_ASSERT(needed >= n && needed <= (size_t)1 << (order > align_order ? order : align_order));
            lfm_request_init(request, level, (unsigned)needed, order > align_order ? order : align_order);
            return true;
        }
        n = ((n - 1) >> LFM_WORD_UNITS_SHIFT_) + 1;
        align_order = align_order > LFM_WORD_UNITS_SHIFT_ ? align_order - LFM_WORD_UNITS_SHIFT_ : 0;
    }
    return false;
}

/* A block was taken, or has grown, by so many bytes. */
static inline void lfm_heap_add_used(const lfm_heap *heap, size_t bytes)
{
    LFM_ASSERT(bytes > 0 && bytes <= lfm_heap_bytes(heap));
    if (heap->counts) {
        LFM_FETCH_ADD(HEAP_STAT, &lfm_heap_state(heap)->used, bytes);
    }
}

/* Comes before a block is freed or shrinks: only then can the use have been at its highest. A context that stops after
 * this, and before it takes its bytes off, hides nothing. */
static inline void lfm_heap_raise_peak(const lfm_heap *heap)
{
    if (heap->counts) {
        const size_t used = LFM_LOAD(HEAP_STAT, &lfm_heap_state(heap)->used);
        size_t peak = LFM_LOAD(HEAP_STAT, &lfm_heap_state(heap)->peak);
        while (used > peak && !LFM_CAS_WEAK(HEAP_STAT, HEAP_STAT, &lfm_heap_state(heap)->peak, &peak, used)) {
        }
    }
}

static inline void lfm_heap_sub_used(const lfm_heap *heap, size_t bytes)
{
    LFM_ASSERT(bytes > 0 && bytes <= lfm_heap_bytes(heap));
    if (heap->counts) {
        LFM_FETCH_SUB(HEAP_STAT, &lfm_heap_state(heap)->used, bytes);
    }
}

/* Counts a failure; a heap that was never made has no counts. */
LFM_NOINLINE void *lfm_heap_fail(const lfm_heap *heap)
{
    if (heap->units != 0) {
        LFM_FETCH_ADD(HEAP_STAT, &lfm_heap_state(heap)->failures, 1);
    }
    return NULL;
}

/* The block at a location, which has just been taken. */
static inline void *lfm_heap_hand_out(const lfm_heap *heap, const lfm_location *location)
{
    void *const block = lfm_heap_units(heap) + lfm_location_offset(heap, location);
    LFM_ASSERT(lfm_location_offset(heap, location) + lfm_location_bytes(heap, location) <= lfm_heap_bytes(heap));
    lfm_hook_show(block, lfm_location_bytes(heap, location));
    lfm_heap_add_used(heap, lfm_location_bytes(heap, location));
    return block;
}

/* Slow path: takes where an older hint says, or by a search. */
LFM_NOINLINE void *lfm_heap_take_slow(const lfm_heap *heap, unsigned level, unsigned n, unsigned order)
{
    if (heap->units == 0) {
        return NULL; /* it was never made */
    }
    LFM_ASSERT(level <= heap->top_level && n >= 1 && n <= 1u << order);
    const unsigned stripe = lfm_heap_stripe(heap);
    lfm_request request;
    lfm_request_init(&request, level, n, order);
    _Atomic(lfm_word_) *const hints = lfm_heap_hints(heap, stripe, level, order);
    const unsigned bits = lfm_hint_bits(heap);
    lfm_location location;
    lfm_word_ seen = LFM_LOAD(HINT, hints);
    const size_t latest = lfm_hint_latest(seen, bits);
    while ((seen = lfm_hint_pop(seen, bits)) != 0) {
        if (lfm_heap_take_fast(heap, &request, lfm_hint_latest(seen, bits), &location)) {
            LFM_STORE(HINT, hints, seen);
            return lfm_heap_hand_out(heap, &location);
        }
    }
    if (!lfm_heap_has_full(heap) || !lfm_heap_search_large(heap, &request, latest, stripe, &location)) {
        const size_t words = lfm_heap_level_words(heap, level);
        const size_t start = latest < words ? latest : lfm_heap_region(heap, words, stripe);
        if (!lfm_heap_search(heap, &request, start, &location)) {
            return lfm_heap_fail(heap);
        }
        if (lfm_heap_has_full(heap)) {
            lfm_full_lower(heap, lfm_full_group(heap, level, location.index), 0); /* the summary was wrong */
        }
    }
    LFM_ASSERT(location.level == level && location.n == n && location.index < lfm_heap_level_words(heap, level));
    LFM_STORE(HINT, hints, (lfm_word_)(location.index + 1));
    return lfm_heap_hand_out(heap, &location);
}

/* Fast path: takes where the latest hint says. The request is in registers, so the slow path gets its parts, not its
 * address. */
LFM_ALWAYS_INLINE void *lfm_heap_take(const lfm_heap *heap, lfm_request *request)
{
    unsigned stripe;
    if (lfm_heap_knows_stripe(heap, &stripe)) {
        const _Atomic(lfm_word_) *const hints = lfm_heap_hints(heap, stripe, request->level, request->positions.order);
        const size_t latest = lfm_hint_latest(LFM_LOAD(HINT, hints), lfm_hint_bits(heap));
        lfm_location location;
        if (lfm_heap_take_fast(heap, request, latest, &location)) {
            return lfm_heap_hand_out(heap, &location);
        }
    }
    LFM_ASSERT(request->level <= heap->top_level && request->positions.n >= 1);
    return lfm_heap_take_slow(heap, request->level, request->positions.n, request->positions.order);
}

void *lfm_heap_alloc_aligned(const lfm_heap *heap, size_t align, size_t bytes)
{
    lfm_request request;
    if (heap == NULL || !lfm_is_power_of_two(align)) {
        return NULL;
    }
    if (((uintptr_t)lfm_heap_units(heap) & (align - 1)) != 0 || !lfm_heap_request(heap, bytes, align, &request)) {
        return lfm_heap_fail(heap);
    }
    return lfm_heap_take(heap, &request);
}

void *lfm_heap_alloc(const lfm_heap *heap, size_t bytes)
{
    lfm_request request;
    if (heap == NULL) {
        return NULL;
    }
    return lfm_heap_request(heap, bytes, 1, &request) ? lfm_heap_take(heap, &request) : lfm_heap_fail(heap);
}

void *lfm_heap_calloc(const lfm_heap *heap, size_t n, size_t bytes)
{
    void *const block = lfm_heap_alloc(heap, bytes != 0 && n > SIZE_MAX / bytes ? SIZE_MAX : n * bytes);
    if (block != NULL) {
        memset(block, 0, n * bytes);
    }
    return block;
}

/* Finds a block by its address. *seen: the word that tells of it. */
LFM_ALWAYS_INLINE lfm_status lfm_heap_locate(const lfm_heap *heap, const void *block, lfm_location *location,
                                             lfm_word_ *seen)
{
    const size_t offset = (size_t)((uintptr_t)block - (uintptr_t)lfm_heap_units(heap));
    return lfm_heap_find(heap, offset, location, seen);
}

/* The same, compiled once for all but free. */
LFM_NOINLINE lfm_status lfm_heap_locate_shared(const lfm_heap *heap, const void *block, lfm_location *location,
                                               lfm_word_ *seen)
{
    return lfm_heap_locate(heap, block, location, seen);
}

/* Tells the next allocation of this order where a block was freed. LFM_OK: the result of that free. */
LFM_ALWAYS_INLINE lfm_status lfm_heap_hint_free(const lfm_heap *heap, unsigned level, unsigned order, size_t index,
                                                unsigned stripe)
{
    lfm_hint_push(lfm_heap_hints(heap, stripe, level, order), index, lfm_hint_bits(heap));
    return LFM_OK;
}

/* The same for a thread that has no number yet. */
LFM_NOINLINE lfm_status lfm_heap_hint_free_new(const lfm_heap *heap, unsigned level, unsigned order, size_t index)
{
    return lfm_heap_hint_free(heap, level, order, index, lfm_heap_stripe(heap));
}

lfm_status lfm_heap_free(const lfm_heap *heap, void *block)
{
    unsigned stripe;
    lfm_location location;
    lfm_word_ seen, after;
    if (block == NULL) {
        return LFM_OK;
    }
    if (heap == NULL) {
        return LFM_EINVAL;
    }
    for (bool hidden = false;;) {
        const lfm_status status = lfm_heap_locate(heap, block, &location, &seen);
        if (status != LFM_OK) {
            return status;
        }
        if (!hidden) {
            lfm_hook_hide(block, lfm_location_bytes(heap, &location));
            lfm_heap_raise_peak(heap);
            hidden = true;
        }
        LFM_ASSERT(location.level == heap->top_level || lfm_heap_word_reachable(seen)); /* H2 */
        after = lfm_heap_word_free(seen, location.unit);
        if (LFM_CAS_WEAK(HEAP_RELEASE, HEAP_FAIL, lfm_heap_word_at(heap, location.level, location.index), &seen,
                         after)) {
            break;
        }
    }
    LFM_ASSERT(lfm_heap_word_state(after, location.unit) == LFM_UNIT_FREE);
    lfm_heap_sub_used(heap, lfm_location_bytes(heap, &location));
    if (lfm_heap_has_full(heap)) {
        lfm_full_freed(heap, location.level, location.index, after);
    }
    if (!lfm_heap_knows_stripe(heap, &stripe)) {
        return lfm_heap_hint_free_new(heap, location.level, lfm_log2_up(location.n), location.index);
    }
    return lfm_heap_hint_free(heap, location.level, lfm_log2_up(location.n), location.index, stripe);
}

size_t lfm_heap_usable_size(const lfm_heap *heap, const void *block)
{
    lfm_location location;
    lfm_word_ seen;
    return heap != NULL && lfm_heap_locate_shared(heap, block, &location, &seen) == LFM_OK
               ? lfm_location_bytes(heap, &location)
               : 0;
}

bool lfm_heap_owns(const lfm_heap *heap, const void *block)
{
    return lfm_heap_usable_size(heap, block) != 0;
}

/* Gives a block as many units as a request asks for, where it is. False: that is not possible, and nothing has changed.
 * A block of a higher level than that of the request shrinks to one unit. */
static bool lfm_heap_resize(const lfm_heap *heap, void *block, lfm_request *request)
{
    lfm_location location;
    lfm_word_ seen;
    while (lfm_heap_locate_shared(heap, block, &location, &seen) == LFM_OK && request->level <= location.level) {
        const unsigned n = request->level == location.level ? request->positions.n : 1;
        lfm_word_ wanted;
        if (n == location.n) {
            return true;
        }
        if (n < location.n) {
            wanted = lfm_heap_word_release(seen, location.unit + n, location.n - n);
        } else {
            const unsigned more = n - location.n, behind = location.unit + location.n;
            const uint32_t units = (uint32_t)(lfm_heap_word_units(more) << 2 * behind);
            const uint32_t out_of_range = lfm_heap_out_of_range(heap, location.level, location.index);
            if ((location.unit & ((1u << request->positions.order) - 1)) != 0 ||
                ((lfm_heap_word_blocked(seen) | out_of_range) & units) != 0) {
                return false;
            }
            const uint32_t parts = lfm_heap_word_parts(seen) & units;
            if (parts != 0) {
                LFM_ASSERT(location.level > 0);
                const size_t part = location.index * LFM_WORD_UNITS + (unsigned)__builtin_ctz(parts) / 2;
                if (!lfm_heap_merge(heap, location.level, part, request)) {
                    return false;
                }
                continue;
            }
            wanted = lfm_heap_word_extend(seen, location.unit, location.n, more);
        }
        const size_t unit = (size_t)1 << LFM_WORD_UNITS_SHIFT_ * location.level << heap->unit_shift;
        LFM_ASSERT(n >= 1 && location.unit + n <= LFM_WORD_UNITS);
        if (n < location.n) {
            lfm_hook_hide((unsigned char *)block + n * unit, (location.n - n) * unit);
            lfm_heap_raise_peak(heap);
        }
        if (LFM_CAS_WEAK(HEAP_CLAIM, HEAP_FAIL, lfm_heap_word_at(heap, location.level, location.index), &seen,
                         wanted)) {
            if (n > location.n) {
                lfm_hook_show((unsigned char *)block + location.n * unit, (n - location.n) * unit);
                lfm_heap_add_used(heap, (n - location.n) * unit);
            } else {
                lfm_heap_sub_used(heap, (location.n - n) * unit);
                if (lfm_heap_has_full(heap)) {
                    lfm_full_freed(heap, location.level, location.index, wanted);
                }
            }
            return true;
        }
    }
    return false;
}

/* The same for so many bytes. */
LFM_NOINLINE bool lfm_heap_resize_to(const lfm_heap *heap, void *block, size_t bytes)
{
    lfm_request request;
    return lfm_heap_request(heap, bytes, 1, &request) && lfm_heap_resize(heap, block, &request);
}

/* Both reallocs. `align` is a power of two; it is 1, a constant, in lfm_heap_realloc(). */
LFM_ALWAYS_INLINE void *lfm_heap_realloc_at(const lfm_heap *heap, void *block, size_t align, size_t bytes)
{
    if (block == NULL) {
        return align == 1 ? lfm_heap_alloc(heap, bytes) : lfm_heap_alloc_aligned(heap, align, bytes);
    }
    LFM_ASSERT(lfm_is_power_of_two(align));
    const size_t old_bytes = lfm_heap_usable_size(heap, block);
    if (old_bytes == 0) {
        return NULL;
    }
    if (bytes == 0) {
        (void)lfm_heap_free(heap, block); /* that another context frees it, too, is not ours to report */
        return NULL;
    }
    if (((uintptr_t)block & (align - 1)) == 0 && lfm_heap_resize_to(heap, block, bytes)) {
        return block;
    }
    void *const other = align == 1 ? lfm_heap_alloc(heap, bytes) : lfm_heap_alloc_aligned(heap, align, bytes);
    if (other != NULL) {
        LFM_ASSERT(((uintptr_t)other & (align - 1)) == 0);
        memcpy(other, block, bytes < old_bytes ? bytes : old_bytes);
        if (lfm_heap_free(heap, block) != LFM_OK) { /* another context has freed it meanwhile */
            (void)lfm_heap_free(heap, other);
            return NULL;
        }
    }
    return other;
}

void *lfm_heap_realloc(const lfm_heap *heap, void *block, size_t bytes)
{
    return lfm_heap_realloc_at(heap, block, 1, bytes);
}

void *lfm_heap_realloc_aligned(const lfm_heap *heap, void *block, size_t align, size_t bytes)
{
    return lfm_is_power_of_two(align) ? lfm_heap_realloc_at(heap, block, align, bytes) : NULL;
}
