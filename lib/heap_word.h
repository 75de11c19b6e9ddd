/* SPDX-License-Identifier: MIT */
/* The value that a heap is made of, and every step between two of them, as plain functions without an atomic.
 *
 * A word tells of a group of units, 16 in 64 bits, 4 in 32 bits, from bit 0:
 *
 *     states    2 bits a unit   FREE 00   nothing of it is taken
 *                               PART 01   look at the word of the level below that stands for this unit
 *                               TAKEN 10  first unit of a block
 *                               CONT 11   a further unit of the same block
 *     anchored  1 bit           the unit of the level above that this word stands for is PART, and stays so
 *     tag       the rest        changes so far: every step adds one
 *
 * So all-zero words are a heap in which everything is free. States are handled 2 bits a unit at a time: "busy" means a
 * set of units, of which each has its lower bit set. */
#ifndef LFM_LIB_HEAP_WORD_H
#define LFM_LIB_HEAP_WORD_H

#include "port.h"
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

#define LFM_HEAP_WORD_STATES    (((lfm_word_)1 << 2 * LFM_WORD_UNITS) - 1)
#define LFM_HEAP_WORD_REACHABLE ((lfm_word_)1 << 2 * LFM_WORD_UNITS)
#define LFM_HEAP_WORD_TAG       ((lfm_word_)1 << (2 * LFM_WORD_UNITS + 1))
#define LFM_HEAP_WORD_EACH      ((uint32_t)(LFM_HEAP_WORD_STATES / 3)) /* the lower bit of each unit */

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

/* All units from this one on, as busy. */
static inline uint32_t lfm_heap_word_from(unsigned unit)
{
    return (uint32_t)((lfm_word_)LFM_HEAP_WORD_EACH << 2 * unit) & LFM_HEAP_WORD_EACH;
}

/* All bits of n units, from the first one on. */
static inline lfm_word_ lfm_heap_word_units(unsigned n)
{
    return ((lfm_word_)1 << 2 * n) - 1;
}

/* Units of the block that begins at this one: itself, and those behind it that are CONT. */
static inline unsigned lfm_heap_word_length(lfm_word_ word, unsigned unit)
{
    const uint32_t behind = (uint32_t)((word & LFM_HEAP_WORD_STATES) >> 2 * unit >> 2);
    return 1 + (unsigned)__builtin_ctz(~behind) / 2;
}

/* Steps. Each adds one to the tag; n units from `unit` on are FREE before a take and are a block before a release. */
static inline lfm_word_ lfm_heap_word_take(lfm_word_ word, unsigned unit, unsigned n)
{
    return (word + LFM_HEAP_WORD_TAG) | (lfm_heap_word_units(n) ^ 1) << 2 * unit;
}

static inline lfm_word_ lfm_heap_word_release(lfm_word_ word, unsigned unit, unsigned n)
{
    return (word & ~(lfm_heap_word_units(n) << 2 * unit)) + LFM_HEAP_WORD_TAG;
}

/* The same for a whole block, whatever its length. Adding a TAKEN unit's bits to themselves carries on through the CONT
 * units behind, and turns them all to zero; what it does to the unit in which it ends matters only if that is PART. */
static inline lfm_word_ lfm_heap_word_free(lfm_word_ word, unsigned unit)
{
    const lfm_word_ states = word & LFM_HEAP_WORD_STATES;
    const lfm_word_ carried = states & (states + ((lfm_word_)2 << 2 * unit));
    const lfm_word_ kept = (word - states) | (states & ~(states >> 1) & LFM_HEAP_WORD_EACH);
    return (kept + LFM_HEAP_WORD_TAG) | carried;
}

/* More units for a block of n. */
static inline lfm_word_ lfm_heap_word_extend(lfm_word_ word, unsigned unit, unsigned n, unsigned more)
{
    return (word | lfm_heap_word_units(more) << 2 * (unit + n)) + LFM_HEAP_WORD_TAG;
}

static inline lfm_word_ lfm_heap_word_split(lfm_word_ word, unsigned unit)
{
    return (word | (lfm_word_)1 << 2 * unit) + LFM_HEAP_WORD_TAG;
}

static inline lfm_word_ lfm_heap_word_merge(lfm_word_ word, unsigned unit)
{
    return (word & ~((lfm_word_)1 << 2 * unit)) + LFM_HEAP_WORD_TAG;
}

static inline lfm_word_ lfm_heap_word_publish(lfm_word_ word)
{
    return (word | LFM_HEAP_WORD_REACHABLE) + LFM_HEAP_WORD_TAG;
}

static inline lfm_word_ lfm_heap_word_unpublish(lfm_word_ word)
{
    return (word & ~LFM_HEAP_WORD_REACHABLE) + LFM_HEAP_WORD_TAG;
}

/* Places for n units at multiples of 2^order units. A place is a field of 2 * 2^order bits. */
typedef struct lfm_positions {
    uint32_t units; /* the lower bit of each unit that a block would have in its place */
    uint32_t last;  /* the highest bit of each field */
    uint8_t n, order;
} lfm_positions;

static inline void lfm_positions_init(lfm_positions *positions, unsigned n, unsigned order)
{
    static const uint32_t lowest_bits[] = {0x55555555, 0x11111111, 0x01010101, 0x00010001, 0x00000001};
    const uint32_t field = (uint32_t)1 << ((2u << order) - 1); /* its highest bit */
    const uint32_t lowest = lowest_bits[order] & (uint32_t)LFM_HEAP_WORD_STATES;
    positions->units = lowest * ((uint32_t)lfm_heap_word_units(n) & LFM_HEAP_WORD_EACH);
    positions->last = lowest * field;
    positions->n = (uint8_t)n;
    positions->order = (uint8_t)order;
}

/* The highest bits of the places none of whose units is busy. Taking what is busy in a field from its highest bit
 * leaves that bit only if it is nothing, and never borrows from the next field: the highest bit is that of no unit's
 * lower bit. */
static inline uint32_t lfm_positions_empty(const lfm_positions *positions, uint32_t busy)
{
    return (positions->last - (busy & positions->units)) & positions->last;
}

/* The lowest of them; LFM_WORD_UNITS: there is none. */
static inline unsigned lfm_positions_find(const lfm_positions *positions, uint32_t busy)
{
    const uint32_t empty = lfm_positions_empty(positions, busy);
    return empty == 0 ? LFM_WORD_UNITS : ((unsigned)__builtin_ctz(empty) + 1 - (2u << positions->order)) / 2;
}

/* The units that a block would have in the empty positions. */
static inline uint32_t lfm_positions_units(const lfm_positions *positions, uint32_t busy)
{
    const uint32_t empty = lfm_positions_empty(positions, busy);
    return (empty | (empty - (empty >> ((2u << positions->order) - 1)))) & positions->units;
}

/* Those of them that are in the same place as this one. */
static inline uint32_t lfm_positions_around(const lfm_positions *positions, unsigned unit)
{
    return positions->units & (uint32_t)lfm_heap_word_units(1u << positions->order)
                                  << 2 * (unit >> positions->order << positions->order);
}

#endif
