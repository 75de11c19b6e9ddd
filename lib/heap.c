/* SPDX-License-Identifier: MIT */
/* Heap: sizes, hints, and blocks of bytes over buddies (heap_tree.h has the algorithm and its proof). */
#include "arith.h"
#include "attach.h"
#include "context.h"
#include "heap_full.h"
#include "hooks.h"
#include <lfmem/heap.h>

_Static_assert(sizeof(lfm_heap) <= 160, "a control block is at most 160 bytes");

#define LFM_HEAP_ALIGN_MIN 16u
#define LFM_HEAP_UNIT_MIN  8u
#define LFM_HEAP_MIN_BLOCK 64u
_Static_assert(LFM_HEAP_UNIT_MIN % sizeof(lfm_word_) == 0, "words are aligned behind any number of units");

/* The exponent of the smallest power of two that is at least n >= 1. */
static inline unsigned lfm_log2_up(size_t n)
{
    return n <= 1 ? 0 : (unsigned)(sizeof(unsigned long long) * 8) - (unsigned)__builtin_clzll(n - 1);
}

/* Works out level and number of units for so many bytes at a multiple of `align`. False: no heap of this size has it.
 */
LFM_INLINE bool lfm_heap_request(const lfm_heap *heap, size_t bytes, size_t align, lfm_request *request)
{
    const size_t unit = (size_t)1 << heap->unit_shift;
    size_t n = bytes <= unit ? 1 : ((bytes - 1) >> heap->unit_shift) + 1;
    unsigned align_order = align <= unit ? 0 : lfm_log2_up(align) - heap->unit_shift;
    for (unsigned level = 0; level <= heap->top; level++) {
        unsigned order = 0;
        if (n <= LFM_WORD_UNITS) {
            order = lfm_log2_up(n);
            order += heap->fit == LFM_FIT_BUDDY4 ? order & 1 : 0;
        }
        const size_t needed = n <= LFM_WORD_UNITS && heap->fit != LFM_FIT_TRIMMED ? (size_t)1 << order : n;
        const unsigned room = level == heap->top ? LFM_WORD_UNITS : LFM_WORD_UNITS - 1u;
        if (needed <= room && align_order <= LFM_WORD_UNITS_SHIFT_) {
            lfm_request_init(request, level, (unsigned)needed, order > align_order ? order : align_order);
            return true;
        }
        n = ((n - 1) >> LFM_WORD_UNITS_SHIFT_) + 1;
        align_order = align_order > LFM_WORD_UNITS_SHIFT_ ? align_order - LFM_WORD_UNITS_SHIFT_ : 0;
    }
    return false;
}

/* Hints for blocks of a level and an order: in which words such a block was last freed or found, one number plus one
 * beside the other, the latest lowest; 0: none. Frees push, an allocation pops what has no room any more. Two contexts
 * that do so at the same time lose hints, nothing else. */
static inline _Atomic(lfm_word_) *lfm_heap_hints(const lfm_heap *heap, unsigned stripe, unsigned level, unsigned order)
{
    const size_t kinds = (heap->top + 1u) * (LFM_WORD_UNITS_SHIFT_ + 1u);
    return (_Atomic(lfm_word_) *)(void *)(lfm_heap_metadata(heap) + heap->hints) +
           stripe * LFM_ROUND_UP_(kinds + 1, 16) + level * (LFM_WORD_UNITS_SHIFT_ + 1u) + order;
}

/* Bits of a hint: a quarter of a word if all numbers fit in that, else half of one, else 32. */
static inline unsigned lfm_hint_bits(const lfm_heap *heap)
{
    const unsigned few = LFM_WORD_BITS / 4, many = LFM_WORD_BITS / 2;
    const size_t words = heap->units >> LFM_WORD_UNITS_SHIFT_;
    return words >> (few - 1) == 0 ? few : words >> (many - 1) == 0 ? many : 32;
}

static inline size_t lfm_hint_latest(lfm_word_ hints, unsigned bits)
{
    return (size_t)(hints & (lfm_word_)-1 >> (LFM_WORD_BITS - bits)) - 1;
}

static inline lfm_word_ lfm_hint_pop(lfm_word_ hints, unsigned bits)
{
    return hints >> 1 >> (bits - 1);
}

static inline void lfm_hint_push(_Atomic(lfm_word_) *hints, size_t index, unsigned bits)
{
    const lfm_word_ seen = LFM_LOAD(HINT, hints);
    if (lfm_hint_latest(seen, bits) != index) {
        LFM_STORE(HINT, hints, seen << 1 << (bits - 1) | (lfm_word_)(index + 1));
    }
}

static inline unsigned lfm_heap_stripe(const lfm_heap *heap)
{
    const uint32_t stripes = LFM_HEAP_STRIPES_(heap->units);
    return stripes == 1 ? 0 : lfm_context_pick((uint32_t)LFM_PORT_CONTEXT(), stripes);
}

/* The same, if it is known without a call (port.h). */
LFM_INLINE bool lfm_heap_knows_stripe(const lfm_heap *heap, unsigned *stripe)
{
    const uint32_t stripes = LFM_HEAP_STRIPES_(heap->units);
    uint32_t context = 0;
    const bool known = stripes == 1 || lfm_context_known(&context);
    *stripe = stripes == 1 ? 0 : lfm_context_pick(context, stripes);
    return known;
}

/* The word of a level where a stripe's first search begins. Stripes with numbers in a row begin far apart: a few words
 * of the upper levels tell of a whole part of the heap, and are in one cache line. */
static inline size_t lfm_heap_region(const lfm_heap *heap, size_t words, unsigned stripe)
{
    const unsigned stripes = LFM_HEAP_STRIPES_(heap->units);
    return words / stripes * (7 * stripe & (stripes - 1));
}

/* A block was taken, or became larger by so many bytes. */
static inline void lfm_heap_add_used(lfm_heap *heap, size_t bytes)
{
    if (heap->counts) {
        LFM_FETCH_ADD(HEAP_STAT, (_Atomic(size_t) *)&heap->used, bytes);
    }
}

/* Before a block is freed or becomes smaller: only then can the use have been at its highest. A call that is stopped
 * after this and before it takes its bytes off hides nothing. */
static inline void lfm_heap_raise_peak(lfm_heap *heap)
{
    if (heap->counts) {
        const size_t used = LFM_LOAD(HEAP_STAT, (_Atomic(size_t) *)&heap->used);
        size_t peak = LFM_LOAD(HEAP_STAT, (_Atomic(size_t) *)&heap->peak);
        while (used > peak && !LFM_CAS_WEAK(HEAP_STAT, HEAP_STAT, (_Atomic(size_t) *)&heap->peak, &peak, used)) {
        }
    }
}

static inline void lfm_heap_sub_used(lfm_heap *heap, size_t bytes)
{
    if (heap->counts) {
        LFM_FETCH_SUB(HEAP_STAT, (_Atomic(size_t) *)&heap->used, bytes);
    }
}

LFM_NOINLINE void *lfm_heap_fail(lfm_heap *heap)
{
    if (heap->units != 0) {
        LFM_FETCH_ADD(HEAP_STAT, (_Atomic(uint32_t) *)&heap->failures, 1);
    }
    return NULL;
}

static inline void *lfm_heap_hand_out(lfm_heap *heap, const lfm_location *location)
{
    void *const block = lfm_heap_units(heap) + lfm_location_offset(heap, location);
    lfm_hook_show(block, lfm_location_bytes(heap, location));
    lfm_heap_add_used(heap, lfm_location_bytes(heap, location));
    return block;
}

/* Groups that a search in a large heap looks at before it goes far. With fewer it is faster, and small blocks take more
 * of what is whole, which large ones need. */
#define LFM_HEAP_NEAR 8u

/* A search in a large heap: near the latest hint and then, so that it does not have to pass all that is full around
 * there, where the last search that went far has found something, for a block of any kind. False proves nothing. */
static bool lfm_heap_search_large(lfm_heap *heap, const lfm_request *request, size_t latest, unsigned stripe,
                                  lfm_location *location)
{
    const unsigned shift = LFM_WORD_UNITS_SHIFT_ * request->level;
    const size_t words = lfm_heap_level_words(heap, request->level);
    _Atomic(lfm_word_) *const far = lfm_heap_hints(heap, stripe, heap->top + 1u, 0);
    size_t near = LFM_HEAP_NEAR, all = SIZE_MAX;
    if (latest < words) {
        const bool found = lfm_heap_search_by_full(heap, request, latest, &near, location);
        if (found || near > 0) {
            return found;
        }
    }
    const size_t hint = lfm_hint_latest(LFM_LOAD(HINT, far), LFM_WORD_BITS) >> shift;
    const size_t start = hint < words ? hint : lfm_heap_region(heap, words, stripe);
    if (!lfm_heap_search_by_full(heap, request, start, &all, location)) {
        return false;
    }
    LFM_STORE(HINT, far, (lfm_word_)((location->index << shift) + 1));
    return true;
}

/* Takes what the latest hint did not have: from where an older one says, or by a search. */
LFM_NOINLINE void *lfm_heap_take_slow(lfm_heap *heap, unsigned level, unsigned n, unsigned order)
{
    if (heap->units == 0) {
        return NULL; /* nobody has made it */
    }
    const unsigned stripe = lfm_heap_stripe(heap);
    lfm_request request;
    lfm_request_init(&request, level, n, order);
    _Atomic(lfm_word_) *const hints = lfm_heap_hints(heap, stripe, level, order);
    const unsigned bits = lfm_hint_bits(heap);
    const size_t words = lfm_heap_level_words(heap, level);
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
        const size_t start = latest < words ? latest : lfm_heap_region(heap, words, stripe);
        if (!lfm_heap_search(heap, &request, start, &location)) {
            return lfm_heap_fail(heap);
        }
        if (lfm_heap_has_full(heap)) {
            lfm_full_lower(heap, lfm_full_group(heap, level, location.index), 0); /* it was wrong */
        }
    }
    LFM_STORE(HINT, hints, (lfm_word_)(location.index + 1));
    return lfm_heap_hand_out(heap, &location);
}

/* The usual case uses registers alone: what it knows is told the rare one again. */
LFM_INLINE void *lfm_heap_take(lfm_heap *heap, lfm_request request)
{
    unsigned stripe;
    if (lfm_heap_knows_stripe(heap, &stripe)) {
        const _Atomic(lfm_word_) *const hints = lfm_heap_hints(heap, stripe, request.level, request.positions.order);
        const size_t latest = lfm_hint_latest(LFM_LOAD(HINT, hints), lfm_hint_bits(heap));
        lfm_location location;
        if (lfm_heap_take_fast(heap, &request, latest, &location)) {
            return lfm_heap_hand_out(heap, &location);
        }
    }
    return lfm_heap_take_slow(heap, request.level, request.positions.n, request.positions.order);
}

void *lfm_heap_alloc_aligned(lfm_heap *heap, size_t align, size_t bytes)
{
    lfm_request request;
    if (heap == NULL || !lfm_is_power_of_two(align)) {
        return NULL;
    }
    if (((uintptr_t)lfm_heap_units(heap) & (align - 1)) != 0 || !lfm_heap_request(heap, bytes, align, &request)) {
        return lfm_heap_fail(heap);
    }
    return lfm_heap_take(heap, request);
}

void *lfm_heap_alloc(lfm_heap *heap, size_t bytes)
{
    lfm_request request;
    if (heap == NULL) {
        return NULL;
    }
    return lfm_heap_request(heap, bytes, 1, &request) ? lfm_heap_take(heap, request) : lfm_heap_fail(heap);
}

void *lfm_heap_calloc(lfm_heap *heap, size_t n, size_t bytes)
{
    void *const block = lfm_heap_alloc(heap, bytes != 0 && n > SIZE_MAX / bytes ? SIZE_MAX : n * bytes);
    if (block != NULL) {
        memset(block, 0, n * bytes);
    }
    return block;
}

/* Finds a block by its address. */
LFM_INLINE lfm_status lfm_heap_locate(const lfm_heap *heap, const void *block, lfm_location *location, lfm_word_ *seen)
{
    const size_t offset = (size_t)((uintptr_t)block - (uintptr_t)lfm_heap_units(heap));
    return lfm_heap_find(heap, offset, location, seen);
}

LFM_NOINLINE lfm_status lfm_heap_locate_other(const lfm_heap *heap, const void *block, lfm_location *location,
                                              lfm_word_ *seen)
{
    return lfm_heap_locate(heap, block, location, seen);
}

/* A block was freed: the next one of its kind may be taken there. */
LFM_INLINE lfm_status lfm_heap_freed(lfm_heap *heap, unsigned level, unsigned order, size_t index, unsigned stripe)
{
    lfm_hint_push(lfm_heap_hints(heap, stripe, level, order), index, lfm_hint_bits(heap));
    return LFM_OK;
}

/* For a thread that has no number yet. */
LFM_NOINLINE lfm_status lfm_heap_freed_new(lfm_heap *heap, unsigned level, unsigned order, size_t index)
{
    return lfm_heap_freed(heap, level, order, index, lfm_heap_stripe(heap));
}

lfm_status lfm_heap_free(lfm_heap *heap, void *block)
{
    unsigned stripe;
    lfm_location location;
    lfm_word_ seen, left;
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
        left = lfm_heap_word_free(seen, location.unit);
        if (LFM_CAS_WEAK(HEAP_RELEASE, HEAP_FAIL, lfm_heap_word_at(heap, location.level, location.index), &seen,
                         left)) {
            break;
        }
    }
    lfm_heap_sub_used(heap, lfm_location_bytes(heap, &location));
    if (lfm_heap_has_full(heap)) {
        lfm_full_freed(heap, location.level, location.index, left);
    }
    if (!lfm_heap_knows_stripe(heap, &stripe)) {
        return lfm_heap_freed_new(heap, location.level, lfm_log2_up(location.n), location.index);
    }
    return lfm_heap_freed(heap, location.level, lfm_log2_up(location.n), location.index, stripe);
}

size_t lfm_heap_usable_size(const lfm_heap *heap, const void *block)
{
    lfm_location location;
    lfm_word_ seen;
    return heap != NULL && lfm_heap_locate_other(heap, block, &location, &seen) == LFM_OK
               ? lfm_location_bytes(heap, &location)
               : 0;
}

bool lfm_heap_owns(const lfm_heap *heap, const void *block)
{
    return lfm_heap_usable_size(heap, block) != 0;
}

/* Gives a block as many units as a request asks for, where it is. False, and nothing changed: that is not possible. */
static bool lfm_heap_resize(lfm_heap *heap, void *block, const lfm_request *request)
{
    lfm_location location;
    lfm_word_ seen;
    while (lfm_heap_locate_other(heap, block, &location, &seen) == LFM_OK && request->level <= location.level) {
        const unsigned n = request->level == location.level ? request->positions.n : 1;
        lfm_word_ wanted;
        if (n <= location.n) {
            const unsigned behind = location.unit + n;
            wanted = lfm_heap_word_release(seen, behind, location.n - n);
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
                lfm_digest digest;
                digest.sum = 0;
                digest.clean = true;
                const size_t part = location.index * LFM_WORD_UNITS + (unsigned)__builtin_ctz(parts) / 2;
                if (!lfm_heap_merge(heap, location.level, part, &digest)) {
                    return false;
                }
                continue;
            }
            wanted = lfm_heap_word_extend(seen, location.unit, location.n, more);
        }
        const size_t unit = (size_t)1 << LFM_WORD_UNITS_SHIFT_ * location.level << heap->unit_shift;
        unsigned char *const end = (unsigned char *)block + n * unit;
        if (n < location.n) {
            lfm_hook_hide(end, (location.n - n) * unit);
            lfm_heap_raise_peak(heap);
        }
        if (n == location.n || LFM_CAS_WEAK(HEAP_CLAIM, HEAP_FAIL,
                                            lfm_heap_word_at(heap, location.level, location.index), &seen, wanted)) {
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
LFM_NOINLINE bool lfm_heap_resize_to(lfm_heap *heap, void *block, size_t bytes)
{
    lfm_request request;
    return lfm_heap_request(heap, bytes, 1, &request) && lfm_heap_resize(heap, block, &request);
}

/* Both reallocs. `align` is a power of two: 1, a constant, in the usual one. */
LFM_INLINE void *lfm_heap_realloc_at(lfm_heap *heap, void *block, size_t align, size_t bytes)
{
    if (block == NULL) {
        return align == 1 ? lfm_heap_alloc(heap, bytes) : lfm_heap_alloc_aligned(heap, align, bytes);
    }
    const size_t old_bytes = lfm_heap_usable_size(heap, block);
    if (old_bytes == 0) {
        return NULL;
    }
    if (bytes == 0) {
        (void)lfm_heap_free(heap, block); /* another one's free at the same time is none of ours to tell */
        return NULL;
    }
    if (((uintptr_t)block & (align - 1)) == 0 && lfm_heap_resize_to(heap, block, bytes)) {
        return block;
    }
    void *const other = align == 1 ? lfm_heap_alloc(heap, bytes) : lfm_heap_alloc_aligned(heap, align, bytes);
    if (other != NULL) {
        memcpy(other, block, bytes < old_bytes ? bytes : old_bytes);
        if (lfm_heap_free(heap, block) != LFM_OK) { /* another one freed it meanwhile: it is no taken block */
            (void)lfm_heap_free(heap, other);
            return NULL;
        }
    }
    return other;
}

void *lfm_heap_realloc(lfm_heap *heap, void *block, size_t bytes)
{
    return lfm_heap_realloc_at(heap, block, 1, bytes);
}

void *lfm_heap_realloc_aligned(lfm_heap *heap, void *block, size_t align, size_t bytes)
{
    return lfm_is_power_of_two(align) ? lfm_heap_realloc_at(heap, block, align, bytes) : NULL;
}

/* Divides the metadata of so many units: words level by level, hints, nodes of marks. The run-time twin of what
 * LFM_HEAP_METADATA_BYTES_ adds up. Returns how many bytes that is. */
static size_t lfm_heap_lay_out(lfm_heap *heap, size_t units)
{
    const size_t stripes = LFM_HEAP_STRIPES_(units);
    size_t words = 0, level_words = units;
    unsigned level = 0;
    heap->units = units;
    do {
        level_words = ((level_words - 1) >> LFM_WORD_UNITS_SHIFT_) + 1;
        heap->first[level++] = (uint32_t)words;
        words += level_words;
    } while (level_words > 1);
    heap->top = (uint8_t)(level - 1);
    const size_t kinds = level * (LFM_WORD_UNITS_SHIFT_ + 1u);
    const size_t hints = stripes > 1 ? LFM_ROUND_UP_(kinds + 1, 16) : kinds + LFM_HEAP_HAS_FULL_(units);
    for (; level < LFM_HEAP_LEVELS_; level++) {
        heap->first[level] = (uint32_t)words;
    }
    heap->hints = words * sizeof(lfm_word_);
    heap->full = heap->hints + stripes * hints * sizeof(lfm_word_);
    const size_t bytes = heap->full + LFM_HEAP_NODES_(units) * sizeof(lfm_word_);
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
        .blocks = (unsigned char *)((uintptr_t)storage - (uintptr_t)heap + LFM_SIGNATURE_(LFM_KIND_HEAP_)),
        .origin = LFM_SIGNED(LFM_KIND_HEAP_),
    };
    /* the most units that fit in with what they cost: more units never cost less */
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
    if (low == 0) {
        return LFM_ENOMEM;
    }
    const size_t metadata = lfm_heap_lay_out(&made, (size_t)low);
    made.words = (unsigned char *)((uintptr_t)made.blocks + lfm_heap_bytes(&made)); /* differences, not addresses */
    memcpy(heap, &made, sizeof *heap);
    lfm_hook_reuse(storage, storage_bytes);
    memset(lfm_heap_metadata(heap), 0, metadata);
    lfm_hook_hide_run(storage, min_block, made.units);
    return LFM_OK;
}

/* Whether the places of words, hints and marks are those of its number of units. */
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
    /* only a definer puts words elsewhere than behind the units */
    bool same = (heap->origin == (const void *)heap ||
                 (uintptr_t)heap->words - (uintptr_t)heap->blocks == lfm_heap_bytes(heap)) &&
                made.top == heap->top && made.hints == heap->hints && made.full == heap->full;
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
        lfm_attach(heap, &heap->unit_shift, heap + 1, heap->origin, LFM_SIGNATURE_(LFM_KIND_HEAP_));
    return status != LFM_OK ? status : lfm_heap_agrees(heap) ? LFM_OK : LFM_ECORRUPT;
}

void lfm_heap_fini(lfm_heap *heap)
{
    if (heap != NULL) {
        lfm_hook_reuse(lfm_heap_units(heap), lfm_heap_bytes(heap));
        memset(heap, 0, sizeof *heap);
    }
}

/* What a walk through the heap adds up. */
typedef struct lfm_walk {
    const lfm_heap *heap;
    lfm_heap_visitor *visit;
    void *arg;
    size_t free_from, free_bytes; /* the free stretch before where the walk is */
    size_t used, blocks, largest;
} lfm_walk;

static void lfm_walk_free_ends(lfm_walk *walk)
{
    if (walk->free_bytes != 0 && walk->visit != NULL) {
        walk->visit(lfm_heap_units(walk->heap) + walk->free_from, walk->free_bytes, false, walk->arg);
    }
    walk->free_bytes = 0;
}

static void lfm_walk_add(lfm_walk *walk, size_t offset, size_t bytes, bool taken)
{
    if (taken) {
        lfm_walk_free_ends(walk);
        walk->used += bytes;
        walk->blocks++;
        if (walk->visit != NULL) {
            walk->visit(lfm_heap_units(walk->heap) + offset, bytes, true, walk->arg);
        }
    } else {
        walk->free_from = walk->free_bytes == 0 ? offset : walk->free_from;
        walk->free_bytes += bytes;
    }
}

/* The largest request that has a place in a word. */
static void lfm_walk_largest(lfm_walk *walk, unsigned level, uint32_t busy)
{
    for (unsigned n = LFM_WORD_UNITS; n > 0; n--) {
        const unsigned order = lfm_log2_up(n);
        const bool whole = n == 1u << order && (walk->heap->fit != LFM_FIT_BUDDY4 || order % 2 == 0);
        lfm_positions positions;
        lfm_positions_init(&positions, n, order);
        if ((whole || walk->heap->fit == LFM_FIT_TRIMMED) && lfm_positions_find(&positions, busy) < LFM_WORD_UNITS) {
            const size_t bytes = (size_t)n << LFM_WORD_UNITS_SHIFT_ * level << walk->heap->unit_shift;
            walk->largest = bytes > walk->largest ? bytes : walk->largest;
            return;
        }
    }
}

/* Walks through what a word stands for, by address. Returns whether nothing is taken there. */
static bool lfm_walk_word(lfm_walk *walk, unsigned level, size_t index)
{
    const lfm_heap *heap = walk->heap;
    const lfm_word_ word = lfm_heap_load(heap, level, index);
    uint32_t busy = lfm_heap_out_of_range(heap, level, index);
    const size_t units =
        ((heap->units - 1) >> LFM_WORD_UNITS_SHIFT_ * level) + 1 - index * LFM_WORD_UNITS; /* and those cut */
    bool empty = true;
    for (unsigned unit = 0; unit < LFM_WORD_UNITS && unit < units;) {
        const size_t from = (index * LFM_WORD_UNITS + unit) << LFM_WORD_UNITS_SHIFT_ * level << heap->unit_shift;
        const size_t bytes = (size_t)1 << LFM_WORD_UNITS_SHIFT_ * level << heap->unit_shift;
        const lfm_unit_state state = lfm_heap_word_state(word, unit);
        unsigned n = 1;
        /* a unit that the heap's end cuts is no place, but what is below it may be */
        if (level > 0 && (state == LFM_UNIT_PART || (state == LFM_UNIT_FREE && bytes > lfm_heap_bytes(heap) - from))) {
            if (!lfm_walk_word(walk, level - 1, index * LFM_WORD_UNITS + unit)) {
                busy |= (uint32_t)1 << 2 * unit;
                empty = false;
            }
        } else if (state == LFM_UNIT_FREE) {
            const size_t left = lfm_heap_bytes(heap) - from;
            lfm_walk_add(walk, from, bytes < left ? bytes : left, false);
        } else {
            n = lfm_heap_word_length(word, unit);
            lfm_walk_add(walk, from, n * bytes, true);
            busy |= (uint32_t)lfm_heap_word_units(n) << 2 * unit & LFM_HEAP_WORD_EACH;
            empty = false;
        }
        unit += n;
    }
    lfm_walk_largest(walk, level, busy);
    return empty;
}

/* A block that is being freed may be another one's already, and counted twice. */
static inline size_t lfm_heap_at_most_all(const lfm_heap *heap, size_t bytes)
{
    return bytes < lfm_heap_bytes(heap) ? bytes : lfm_heap_bytes(heap);
}

size_t lfm_heap_used(const lfm_heap *heap)
{
    return heap == NULL ? 0 : lfm_heap_at_most_all(heap, LFM_LOAD(HEAP_STAT, (const _Atomic(size_t) *)&heap->used));
}

size_t lfm_heap_peak(const lfm_heap *heap)
{
    if (heap == NULL) {
        return 0;
    }
    /* what is in use now is noted by the next free */
    const size_t used = LFM_LOAD(HEAP_STAT, (const _Atomic(size_t) *)&heap->used);
    const size_t noted = LFM_LOAD(HEAP_STAT, (const _Atomic(size_t) *)&heap->peak);
    return lfm_heap_at_most_all(heap, noted > used ? noted : used);
}

void lfm_heap_reset_peak(lfm_heap *heap)
{
    if (heap != NULL && heap->units != 0) {
        LFM_STORE(HEAP_STAT, (_Atomic(size_t) *)&heap->peak, 0);
    }
}

void lfm_heap_stats(const lfm_heap *heap, lfm_heap_stats_t *out)
{
    if (out == NULL) {
        return;
    }
    memset(out, 0, sizeof *out);
    if (heap == NULL) {
        return;
    }
    lfm_walk walk = {.heap = heap};
    (void)lfm_walk_word(&walk, heap->top, 0); /* whether the heap is empty */
    out->total = lfm_heap_bytes(heap);
    out->used = walk.used;
    out->free = out->total - out->used;
    out->largest_free = walk.largest;
    out->peak = lfm_heap_peak(heap);
    out->blocks = walk.blocks;
    out->failures = LFM_LOAD(HEAP_STAT, (const _Atomic(uint32_t) *)&heap->failures);
}

void lfm_heap_visit(const lfm_heap *heap, lfm_heap_visitor *visit, void *arg)
{
    if (heap != NULL && visit != NULL) {
        lfm_walk walk = {.heap = heap, .visit = visit, .arg = arg};
        (void)lfm_walk_word(&walk, heap->top, 0);
        lfm_walk_free_ends(&walk);
    }
}

/* Whether a word can be what the library leaves: CONT follows a block, PART has words below, nothing is beyond the end,
 * and H2. */
static bool lfm_heap_word_is_sound(const lfm_heap *heap, unsigned level, size_t index)
{
    const lfm_word_ word = lfm_heap_load(heap, level, index);
    const uint32_t out_of_range = lfm_heap_out_of_range(heap, level, index);
    const uint32_t blocked = lfm_heap_word_blocked(word), cont = blocked & (uint32_t)word;
    if ((cont & ~(blocked << 2)) != 0 || (blocked & out_of_range) != 0 ||
        (level == 0 && lfm_heap_word_parts(word) != 0)) {
        return false;
    }
    const size_t units = level == 0 ? heap->units : lfm_heap_level_words(heap, level - 1);
    if (units - index * LFM_WORD_UNITS < LFM_WORD_UNITS &&
        (lfm_heap_word_parts(word) & lfm_heap_word_from((unsigned)(units - index * LFM_WORD_UNITS))) != 0) {
        return false;
    }
    if (level == heap->top) {
        return !lfm_heap_word_reachable(word);
    }
    const lfm_word_ above = lfm_heap_load(heap, level + 1, index >> LFM_WORD_UNITS_SHIFT_);
    return !lfm_heap_word_reachable(word) ||
           (lfm_heap_word_state(above, (unsigned)(index & (LFM_WORD_UNITS - 1))) == LFM_UNIT_PART &&
            (level + 1 == heap->top || lfm_heap_word_reachable(above)));
}

lfm_status lfm_heap_check(const lfm_heap *heap)
{
    const lfm_status status = lfm_heap_attach(heap);
    if (status != LFM_OK) {
        return status;
    }
    for (unsigned level = 0; level <= heap->top; level++) {
        for (size_t index = 0; index < lfm_heap_level_words(heap, level); index++) {
            if (!lfm_heap_word_is_sound(heap, level, index)) {
                return LFM_ECORRUPT;
            }
        }
    }
    return LFM_OK;
}
