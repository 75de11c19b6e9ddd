/* SPDX-License-Identifier: MIT */
/* Where in a word a block of n units may begin: at multiples of 2^order units. So few blocks spoil few positions for
 * larger ones. All positions of a word are tried at once.
 *
 * A position is a field of 2 * 2^order bits of a set of units (heap_word.h). With n = 3, order = 2, 16 units:
 *
 *     unit              15 14 13 12   11 10  9  8    7  6  5  4    3  2  1  0
 *     units              .  x  x  x    .  x  x  x    .  x  x  x    .  x  x  x     that blocks would have
 *     last               ^             ^             ^             ^              the highest bit of each field */
#ifndef LFM_LIB_HEAP_POSITIONS_H
#define LFM_LIB_HEAP_POSITIONS_H

#include "heap_word.h"

typedef struct lfm_positions {
    uint32_t units; /* the set of units that a block would have, in each position */
    uint32_t last;  /* the highest bit of each field */
    uint8_t n, order;
} lfm_positions;

static inline void lfm_positions_init(lfm_positions *positions, unsigned n, unsigned order)
{
    static const uint32_t lowest_bits[] = {0x55555555, 0x11111111, 0x01010101, 0x00010001, 0x00000001};
    LFM_ASSERT(order <= LFM_WORD_UNITS_SHIFT_ && n >= 1 && n <= 1u << order);
    const uint32_t field = (uint32_t)1 << ((2u << order) - 1); /* its highest bit */
    const uint32_t lowest = lowest_bits[order] & (uint32_t)LFM_HEAP_WORD_STATES;
    positions->units = lowest * ((uint32_t)lfm_heap_word_units(n) & LFM_HEAP_WORD_EACH);
    positions->last = lowest * field;
    positions->n = (uint8_t)n;
    positions->order = (uint8_t)order;
}

/* The highest bits of the positions that have no busy unit. Taking what is busy in a field from its highest bit leaves
 * that bit only if it is nothing. It never borrows from the next field: a set has only lower bits of units, and so
 * never the highest bit of a field. */
static inline uint32_t lfm_positions_empty(const lfm_positions *positions, uint32_t busy)
{
    LFM_ASSERT((busy & ~LFM_HEAP_WORD_EACH) == 0);
    return (positions->last - (busy & positions->units)) & positions->last;
}

/* The first unit of the lowest of them; LFM_WORD_UNITS: there is none. */
static inline unsigned lfm_positions_find(const lfm_positions *positions, uint32_t busy)
{
    const uint32_t empty = lfm_positions_empty(positions, busy);
    const unsigned found =
        empty == 0 ? LFM_WORD_UNITS : ((unsigned)__builtin_ctz(empty) + 1 - (2u << positions->order)) / 2;
    LFM_ASSERT(found == LFM_WORD_UNITS || (found + positions->n <= LFM_WORD_UNITS &&
                                           (busy & (uint32_t)lfm_heap_word_units(positions->n) << 2 * found) == 0));
    LFM_ASSERT(found % (1u << positions->order) == 0);
    return found;
}

/* The units that a block would have in the empty positions. */
static inline uint32_t lfm_positions_units(const lfm_positions *positions, uint32_t busy)
{
    const uint32_t empty = lfm_positions_empty(positions, busy);
    const uint32_t units = (empty | (empty - (empty >> ((2u << positions->order) - 1)))) & positions->units;
    LFM_ASSERT((units & busy) == 0);
    return units;
}

/* Those of them that are in the position of this unit, busy or not. */
static inline uint32_t lfm_positions_around(const lfm_positions *positions, unsigned unit)
{
    LFM_ASSERT(unit < LFM_WORD_UNITS);
    return positions->units & (uint32_t)lfm_heap_word_units(1u << positions->order)
                                  << 2 * (unit >> positions->order << positions->order);
}

#endif
