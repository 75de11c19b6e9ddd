/* SPDX-License-Identifier: MIT */
/* The value that a heap is made of, and every transition between two values, as plain functions without an atomic.
 *
 * A word tells of 16 units (4 in 32 bits). First comes what it means, the specification: a struct, and transitions that
 * refuse what is illegal. The packed forms behind it do the same to the word itself, and are what the heap runs. A test
 * compares both on every value; assertions ask the specification before every packed transition.
 *
 *     FREE   nothing of the unit is taken
 *     PART   it is divided: a word one level below, which stands for this unit alone, tells of its parts
 *     TAKEN  it is the first unit of a block
 *     CONT   it is a further unit of the block that begins before it
 *
 *                split                    take
 *         PART <--------        ----------------------->
 *                        FREE                            TAKEN CONT ... CONT    (a block of 1, 2 ... units)
 *         PART -------->        <-----------------------
 *                merge                free, release
 *
 *         PART --------> PART: split again, for the new tag     FREE --------> CONT: extend, behind a block
 *
 *     transition   it needs                              it leaves
 *     take         n FREE units                          TAKEN, and CONT n - 1 times
 *     extend       a block, and FREE units behind it     these are CONT
 *     release      the last n units of a block           FREE
 *     free         a block                               FREE
 *     split        a unit that is FREE or PART           PART
 *     merge        a unit that is PART                   FREE
 *     publish      not reachable, not all units FREE     reachable
 *     unpublish    reachable, all units FREE             not reachable
 *
 * Reachable is a bit of the word. It may be set only while the unit that the word stands for is PART, one level up. The
 * word of that unit is reachable itself then, or the top word (heap_tree.h, H2). The reverse need not hold. Only what a
 * reachable word tells counts. Each transition also adds one to the word's tag. So a compare-and-swap fails if any
 * other one came between, even one that left all else as it was.
 *
 * All-zero words are a heap in which everything is free. Which context may do what is in heap_tree.h. */
#ifndef LFM_LIB_HEAP_WORD_H
#define LFM_LIB_HEAP_WORD_H

#include <lfmem/detail/assertion.h>
#include <lfmem/detail/port.h>
#include <lfmem/heap.h>

enum {
    LFM_WORD_UNITS = 1 << LFM_WORD_UNITS_SHIFT_ /* units of a word */
};

typedef enum lfm_unit_state {
    LFM_UNIT_FREE,
    LFM_UNIT_PART,
    LFM_UNIT_TAKEN,
    LFM_UNIT_CONT
} lfm_unit_state;

/* The specification */

/* What a word tells. */
typedef struct lfm_heap_value {
    lfm_unit_state units[LFM_WORD_UNITS];
    bool reachable;
    lfm_word_ tag;
} lfm_heap_value;

/* From bit 0: 2 bits a unit, one for reachable, and the tag in the rest, where it wraps round. */
static inline lfm_word_ lfm_heap_encode(const lfm_heap_value *value)
{
    lfm_word_ word = value->tag << 1 | value->reachable;
    for (unsigned i = LFM_WORD_UNITS; i-- > 0;) {
        word = word << 2 | value->units[i];
    }
    return word;
}

static inline lfm_heap_value lfm_heap_decode(lfm_word_ word)
{
    lfm_heap_value value;
    for (unsigned i = 0; i < LFM_WORD_UNITS; i++) {
        value.units[i] = (lfm_unit_state)(word & 3);
        word >>= 2;
    }
    value.reachable = (word & 1) != 0;
    value.tag = word >> 1;
    return value;
}

/* Whether these units exist and are all in this state. */
static inline bool lfm_heap_value_all(const lfm_heap_value *value, unsigned unit, unsigned n, lfm_unit_state state)
{
    bool all = unit + n <= LFM_WORD_UNITS;
    for (unsigned i = unit; all && i < unit + n; i++) {
        all = value->units[i] == state;
    }
    return all;
}

/* Units of the block that begins at this one; 0: none does. */
static inline unsigned lfm_heap_value_length(const lfm_heap_value *value, unsigned unit)
{
    unsigned n = unit < LFM_WORD_UNITS && value->units[unit] == LFM_UNIT_TAKEN ? 1 : 0;
    while (n != 0 && unit + n < LFM_WORD_UNITS && value->units[unit + n] == LFM_UNIT_CONT) {
        n++;
    }
    return n;
}

/* Whether a word can ever be so: a CONT unit has a block before it. */
static inline bool lfm_heap_value_sound(const lfm_heap_value *value)
{
    bool sound = value->units[0] != LFM_UNIT_CONT;
    for (unsigned i = 1; i < LFM_WORD_UNITS; i++) {
        sound = sound && (value->units[i] != LFM_UNIT_CONT || value->units[i - 1] >= LFM_UNIT_TAKEN);
    }
    return sound;
}

static inline bool lfm_heap_value_empty(const lfm_heap_value *value)
{
    return lfm_heap_value_all(value, 0, LFM_WORD_UNITS, LFM_UNIT_FREE);
}

static inline void lfm_heap_value_set(lfm_heap_value *value, unsigned unit, unsigned n, lfm_unit_state state)
{
    LFM_ASSERT(unit + n <= LFM_WORD_UNITS);
    for (unsigned i = unit; i < unit + n; i++) {
        value->units[i] = state;
    }
}

/* Transitions. False: it is illegal here, and nothing has changed. */

/* n FREE units become a block. */
static inline bool lfm_heap_value_take(lfm_heap_value *value, unsigned unit, unsigned n)
{
    if (n == 0 || !lfm_heap_value_all(value, unit, n, LFM_UNIT_FREE)) {
        return false;
    }
    lfm_heap_value_set(value, unit, 1, LFM_UNIT_TAKEN);
    lfm_heap_value_set(value, unit + 1, n - 1, LFM_UNIT_CONT);
    value->tag++;
    return true;
}

/* The last n units of a block become FREE; if `unit` is TAKEN, that is all of it. */
static inline bool lfm_heap_value_release(lfm_heap_value *value, unsigned unit, unsigned n)
{
    const unsigned behind = unit + n;
    if (n == 0 || behind > LFM_WORD_UNITS || value->units[unit] < LFM_UNIT_TAKEN ||
        !lfm_heap_value_all(value, unit + 1, n - 1, LFM_UNIT_CONT) ||
        (behind < LFM_WORD_UNITS && value->units[behind] == LFM_UNIT_CONT)) {
        return false;
    }
    lfm_heap_value_set(value, unit, n, LFM_UNIT_FREE);
    value->tag++;
    return true;
}

/* The block that begins here becomes FREE. */
static inline bool lfm_heap_value_free(lfm_heap_value *value, unsigned unit)
{
    return lfm_heap_value_release(value, unit, lfm_heap_value_length(value, unit));
}

/* A block of n units gets more, which are FREE. */
static inline bool lfm_heap_value_extend(lfm_heap_value *value, unsigned unit, unsigned n, unsigned more)
{
    if (n == 0 || more == 0 || lfm_heap_value_length(value, unit) != n ||
        !lfm_heap_value_all(value, unit + n, more, LFM_UNIT_FREE)) {
        return false;
    }
    lfm_heap_value_set(value, unit + n, more, LFM_UNIT_CONT);
    value->tag++;
    return true;
}

/* A unit becomes PART. If it is so already, that changes nothing but the tag: heap_tree.h, H4, needs it. */
static inline bool lfm_heap_value_split(lfm_heap_value *value, unsigned unit)
{
    if (unit >= LFM_WORD_UNITS || value->units[unit] >= LFM_UNIT_TAKEN) {
        return false;
    }
    value->units[unit] = LFM_UNIT_PART;
    value->tag++;
    return true;
}

/* A PART unit becomes FREE. */
static inline bool lfm_heap_value_merge(lfm_heap_value *value, unsigned unit)
{
    if (!lfm_heap_value_all(value, unit, 1, LFM_UNIT_PART)) {
        return false;
    }
    value->units[unit] = LFM_UNIT_FREE;
    value->tag++;
    return true;
}

/* A word with something in it becomes reachable. */
static inline bool lfm_heap_value_publish(lfm_heap_value *value)
{
    if (value->reachable || lfm_heap_value_empty(value)) {
        return false;
    }
    value->reachable = true;
    value->tag++;
    return true;
}

/* A word with nothing in it is reachable no more. */
static inline bool lfm_heap_value_unpublish(lfm_heap_value *value)
{
    if (!value->reachable || !lfm_heap_value_empty(value)) {
        return false;
    }
    value->reachable = false;
    value->tag++;
    return true;
}

/* For assertions: lfm_heap_value_take(LFM_HEAP_VALUE(word), unit, n) is whether that is legal in this word. */
#define LFM_HEAP_VALUE(word) ((lfm_heap_value[]){lfm_heap_decode(word)})

/* The packed form. Sets of units are numbers with the lower bit of each unit: "busy" are those that are not FREE. */

#define LFM_HEAP_WORD_STATES    (((lfm_word_)1 << 2 * LFM_WORD_UNITS) - 1)
#define LFM_HEAP_WORD_REACHABLE ((lfm_word_)1 << 2 * LFM_WORD_UNITS)
#define LFM_HEAP_WORD_TAG       ((lfm_word_)1 << (2 * LFM_WORD_UNITS + 1))
#define LFM_HEAP_WORD_EACH      ((uint32_t)(LFM_HEAP_WORD_STATES / 3)) /* the set of all units */

/* The top word of a static heap at its end. No transition leaves it: nothing is free, and no unit begins a block. */
#define LFM_HEAP_WORD_ENDED LFM_HEAP_WORD_STATES

static inline bool lfm_heap_word_reachable(lfm_word_ word)
{
    return (word & LFM_HEAP_WORD_REACHABLE) != 0;
}

static inline bool lfm_heap_word_empty(lfm_word_ word)
{
    return (word & LFM_HEAP_WORD_STATES) == 0;
}

static inline lfm_unit_state lfm_heap_word_state(lfm_word_ word, unsigned unit)
{
    LFM_ASSERT(unit < LFM_WORD_UNITS);
    return (lfm_unit_state)(word >> 2 * unit & 3);
}

/* Units in blocks. */
static inline uint32_t lfm_heap_word_blocked(lfm_word_ word)
{
    return (uint32_t)(word >> 1) & LFM_HEAP_WORD_EACH;
}

/* Units that are PART. */
static inline uint32_t lfm_heap_word_parts(lfm_word_ word)
{
    return (uint32_t)word & ~(uint32_t)(word >> 1) & LFM_HEAP_WORD_EACH;
}

/* Units that are not FREE. */
static inline uint32_t lfm_heap_word_busy(lfm_word_ word)
{
    return (uint32_t)(word | word >> 1) & LFM_HEAP_WORD_EACH;
}

/* The set of all units from this one on. */
static inline uint32_t lfm_heap_word_from(unsigned unit)
{
    LFM_ASSERT(unit <= LFM_WORD_UNITS);
    return (uint32_t)((lfm_word_)LFM_HEAP_WORD_EACH << 2 * unit) & LFM_HEAP_WORD_EACH;
}

/* Both bits of the first n units. */
static inline lfm_word_ lfm_heap_word_units(unsigned n)
{
    LFM_ASSERT(n <= LFM_WORD_UNITS);
    return ((lfm_word_)1 << 2 * n) - 1;
}

/* This unit and those behind it that are CONT. */
static inline unsigned lfm_heap_word_stretch(lfm_word_ word, unsigned unit)
{
    LFM_ASSERT(unit < LFM_WORD_UNITS);
    const uint32_t behind = (uint32_t)((word & LFM_HEAP_WORD_STATES) >> 2 * unit >> 2);
    return 1 + (unsigned)__builtin_ctz(~behind) / 2;
}

/* Units of the block that begins at this one. */
static inline unsigned lfm_heap_word_length(lfm_word_ word, unsigned unit)
{
    LFM_ASSERT(lfm_heap_word_state(word, unit) == LFM_UNIT_TAKEN);
    return lfm_heap_word_stretch(word, unit);
}

/* The transitions. What the specification refuses must not be asked for: the result would be any word. */

static inline lfm_word_ lfm_heap_word_take(lfm_word_ word, unsigned unit, unsigned n)
{
    LFM_ASSERT(lfm_heap_value_take(LFM_HEAP_VALUE(word), unit, n));
    return (word + LFM_HEAP_WORD_TAG) | (lfm_heap_word_units(n) ^ 1) << 2 * unit;
}

static inline lfm_word_ lfm_heap_word_release(lfm_word_ word, unsigned unit, unsigned n)
{
    LFM_ASSERT(lfm_heap_value_release(LFM_HEAP_VALUE(word), unit, n));
    return (word & ~(lfm_heap_word_units(n) << 2 * unit)) + LFM_HEAP_WORD_TAG;
}

/* The length of the block need not be known. Adding a TAKEN unit's bits (10) to themselves carries on through the CONT
 * units (11) behind, and turns them all to zero. The carry ends in the next unit. There it matters only to PART, whose
 * bit is put back:
 *
 *     units, from the right     .. PART CONT CONT TAKEN FREE      .. 01 11 11 10 00
 *     + 10 at TAKEN                                               .. 10 00 00 00 00
 *     & units, | PART           .. PART FREE FREE FREE  FREE      .. 01 00 00 00 00 */
static inline lfm_word_ lfm_heap_word_free(lfm_word_ word, unsigned unit)
{
    LFM_ASSERT(lfm_heap_value_free(LFM_HEAP_VALUE(word), unit));
    const lfm_word_ states = word & LFM_HEAP_WORD_STATES;
    const lfm_word_ carried = states & (states + ((lfm_word_)2 << 2 * unit));
    LFM_ASSERT((states >> 2 * unit & 3) == LFM_UNIT_TAKEN);
    const lfm_word_ kept = (word - states) | (states & ~(states >> 1) & LFM_HEAP_WORD_EACH);
    return (kept + LFM_HEAP_WORD_TAG) | carried;
}

static inline lfm_word_ lfm_heap_word_extend(lfm_word_ word, unsigned unit, unsigned n, unsigned more)
{
    LFM_ASSERT(lfm_heap_value_extend(LFM_HEAP_VALUE(word), unit, n, more));
    return (word | lfm_heap_word_units(more) << 2 * (unit + n)) + LFM_HEAP_WORD_TAG;
}

static inline lfm_word_ lfm_heap_word_split(lfm_word_ word, unsigned unit)
{
    LFM_ASSERT(lfm_heap_value_split(LFM_HEAP_VALUE(word), unit));
    return (word | (lfm_word_)1 << 2 * unit) + LFM_HEAP_WORD_TAG;
}

static inline lfm_word_ lfm_heap_word_merge(lfm_word_ word, unsigned unit)
{
    LFM_ASSERT(lfm_heap_value_merge(LFM_HEAP_VALUE(word), unit));
    return (word & ~((lfm_word_)1 << 2 * unit)) + LFM_HEAP_WORD_TAG;
}

static inline lfm_word_ lfm_heap_word_publish(lfm_word_ word)
{
    LFM_ASSERT(lfm_heap_value_publish(LFM_HEAP_VALUE(word)));
    return (word | LFM_HEAP_WORD_REACHABLE) + LFM_HEAP_WORD_TAG;
}

static inline lfm_word_ lfm_heap_word_unpublish(lfm_word_ word)
{
    LFM_ASSERT(lfm_heap_value_unpublish(LFM_HEAP_VALUE(word)));
    return (word & ~LFM_HEAP_WORD_REACHABLE) + LFM_HEAP_WORD_TAG;
}

#endif
