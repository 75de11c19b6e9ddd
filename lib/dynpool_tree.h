/* SPDX-License-Identifier: MIT */
/* From the address of a created block to its record: a digital search tree that only grows.
 *
 * The problem: a put is given an address, and must find the link of the block. Blocks that were created later do not
 * lie in a row, so no arithmetic leads there. A put waits for nobody, so no lock guards a table.
 *
 * The solution: each such block has a record, four cells in the metadata segment. A cell has 2 or 4 bytes, the size of
 * a link. A record's index is that of its first cell, counted from the link of block 0. It is also the index of its
 * block, so the free list looks for the block's link in cell 0.
 *
 *     record   | link         | offset of the block          | child 0      | child 1      |
 *     cell     | 0            | 1                            | 2            | 3            |
 *              | of the list  | in multiples of alignment    | index of another record + 1; 0: none
 *
 * The offset is that of the block from the segment's base, which is rounded down to the alignment of blocks.
 *
 * The key of a block is its offset in multiples of the largest power of two that is not larger than the stride. Blocks
 * lie at least a stride apart, so their keys differ.
 *
 * Records are the nodes of binary trees. The low bits of a key choose a root, one of 2^root_bits cells in a row. Each
 * further bit, the lowest first, chooses a child. A new record goes where this way first ends. With two roots, and
 * records for the keys 6, 4, 2, 0 and 5, made in this order:
 *
 *     roots, by bit 0          0              1
 *                              |              |
 *     by bit 1                110b           101b
 *                          0 /    \ 1
 *     by bit 2            100b    010b
 *                      0 /
 *     by bit 3         000b
 *
 * Neighbours differ in their lowest bits. So n blocks in a row make a tree that is log2(n) deep, and none is deeper
 * than keys are wide. Where cells have 2 bytes, roots and children are halves of words of 4 bytes. Nothing else is a
 * half of those, since a compare-and-swap changes a word.
 *
 * Invariants
 * T1  A child is set once and stays. So a record that can be reached can always be reached, by the bits of its key.
 * T2  Offset and children of a record are written before the record can be reached (release, TREE_CAS; acquire,
 *     TREE_LOAD). Later only the children change, by compare-and-swap.
 *
 * Linearisation: a record is in the tree from its successful compare-and-swap on. A search that should find a block
 * does: a context that has a block's address has it from a get that returned after that.
 *
 * ABA: by T1 an empty child is the only one that a compare-and-swap expects.
 *
 * Progress: lock-free. A compare-and-swap fails only if another record was added there, or in the other half of the
 * word, or by itself. */
#ifndef LFM_LIB_DYNPOOL_TREE_H
#define LFM_LIB_DYNPOOL_TREE_H

#include "atomic.h"
#include "hooks.h"
#include <lfmem/detail/dynpool_list.h>

#define LFM_RECORD_NONE UINT32_MAX
#define LFM_TREE_LEVELS 33u /* most records on a way: one, and one for each bit of a key */

typedef struct lfm_tree {
    const lfm_list *list; /* roots and records are cells of its links */
    uint32_t roots;       /* index of the first; records lie behind them */
    uint32_t end;         /* of the records */
    unsigned root_bits;   /* bits of a key that choose a root */
    unsigned key_shift;   /* bits of an offset that its key has not */
} lfm_tree;

/* A root or a child in memory, where it is some bits of a word. */
typedef struct lfm_tree_ref {
    _Atomic(uint32_t) *word;
    uint32_t mask;
    unsigned shift;
} lfm_tree_ref;

static inline lfm_tree_ref lfm_tree_at(const lfm_tree *tree, uint32_t cell)
{
    LFM_ASSERT(cell >= tree->roots && cell < tree->list->shape.count);
    _Atomic(uint32_t) *const words = tree->list->links;
    const lfm_tree_ref wide = {words + cell, UINT32_MAX, 0}, narrow = {words + cell / 2, UINT16_MAX, 16 * (cell % 2)};
    return tree->list->link_width > LFM_LINK_2_BITS_ ? wide : narrow;
}

static inline uint32_t lfm_tree_root(const lfm_tree *tree, uint32_t key)
{
    LFM_ASSERT(tree->root_bits < 32);
    return tree->roots + (key & (((uint32_t)1 << tree->root_bits) - 1));
}

static inline uint32_t lfm_tree_child(uint32_t record, uint32_t side)
{
    LFM_ASSERT(side < 2);
    return record + 2 + side;
}

/* The record in a word that was loaded from a cell, or none. */
static inline uint32_t lfm_tree_record(lfm_tree_ref ref, uint32_t word)
{
    LFM_ASSERT(ref.shift < 32);
    return (word >> ref.shift & ref.mask) - 1;
}

static inline uint32_t lfm_tree_load(const lfm_tree *tree, uint32_t cell)
{
    const lfm_tree_ref ref = lfm_tree_at(tree, cell);
    return lfm_tree_record(ref, LFM_LOAD(TREE_LOAD, ref.word));
}

/* Whether the cells of a record are cells that there are, behind the roots. */
static inline bool lfm_record_has_room(const lfm_tree *tree, uint32_t record)
{
    LFM_ASSERT(tree->root_bits < 32 && tree->end <= tree->list->shape.count);
    return record < tree->end && tree->end - record >= LFM_RECORD_CELLS_ && record >= tree->roots &&
           record - tree->roots >= (uint32_t)1 << tree->root_bits;
}

/* T2: makes a record that nobody can reach yet. */
static inline void lfm_record_init(const lfm_tree *tree, uint32_t record, uint32_t offset)
{
    const lfm_list *list = tree->list;
    LFM_ASSERT(lfm_record_has_room(tree, record));
    LFM_ASSERT(list->link_width > LFM_LINK_2_BITS_ || (record % 2 == 0 && offset <= UINT16_MAX));
    LFM_STORE(RECORD, lfm_tree_at(tree, lfm_tree_child(record, 0)).word, 0);
    LFM_STORE(RECORD, lfm_tree_at(tree, lfm_tree_child(record, 1)).word, 0);
    LFM_STORE_LINK(LFM_STORE, RECORD, list->link_width, list->links, record + 1, offset);
}

/* The record of the block whose offset has the same key as this one, or none. */
static inline uint32_t lfm_tree_find(const lfm_tree *tree, uint32_t offset)
{
    LFM_ASSERT(tree->key_shift < 32);
    const uint32_t key = offset >> tree->key_shift;
    uint32_t cell = lfm_tree_root(tree, key);
    for (uint32_t left = key >> tree->root_bits;; left >>= 1) {
        const uint32_t record = lfm_tree_load(tree, cell);
        if (record == LFM_RECORD_NONE || lfm_record_offset(tree->list, record) >> tree->key_shift == key) {
            return record;
        }
        cell = lfm_tree_child(record, left & 1);
    }
}

/* Adds a record that lfm_record_init() made for this offset. */
static inline void lfm_tree_add(const lfm_tree *tree, uint32_t record, uint32_t offset)
{
    LFM_ASSERT(tree->key_shift < 32);
    const uint32_t key = offset >> tree->key_shift;
    lfm_tree_ref ref = lfm_tree_at(tree, lfm_tree_root(tree, key));
    uint32_t left = key >> tree->root_bits;
    uint32_t word = LFM_LOAD(TREE_LOAD, ref.word);
    for (;;) {
        const uint32_t there = lfm_tree_record(ref, word);
        LFM_ASSERT(record < ref.mask && there != record);
        if (there != LFM_RECORD_NONE) {
            ref = lfm_tree_at(tree, lfm_tree_child(there, left & 1));
            left >>= 1;
            word = LFM_LOAD(TREE_LOAD, ref.word);
        } else if (LFM_CAS_WEAK(TREE_CAS, TREE_FAIL, ref.word, &word, word | (record + 1) << ref.shift)) {
            return;
        }
    }
}

/* Where a walk has come to: a cell, and the low bits that the keys of all records behind it have. */
typedef struct lfm_tree_branch {
    uint32_t cell, path;
    unsigned bits; /* of the path */
} lfm_tree_branch;

/* What a walk tells of each record. False: the walk ends. */
typedef bool lfm_tree_visitor(const lfm_tree *tree, const lfm_tree_branch *at, uint32_t record, void *arg);

/* Goes through all trees, damaged ones included. False: the visitor said so, a record cannot lie there, or a way is
 * longer than any key. `visit` is a constant. */
LFM_ALWAYS_INLINE bool lfm_tree_walk(const lfm_tree *tree, lfm_tree_visitor *visit, void *arg)
{
    for (uint32_t root = 0; root >> tree->root_bits == 0; root++) {
        lfm_tree_branch ahead[LFM_TREE_LEVELS + 1]; /* one waits on each level */
        size_t n = 0;
        const lfm_tree_branch first = {tree->roots + root, root, tree->root_bits};
        ahead[n++] = first;
        while (n > 0) {
            const lfm_tree_branch at = ahead[--n];
            const uint32_t record = lfm_tree_load(tree, at.cell);
            if (record == LFM_RECORD_NONE) {
                continue;
            }
            if (at.bits >= LFM_TREE_LEVELS || !lfm_record_has_room(tree, record) || !visit(tree, &at, record, arg)) {
                return false;
            }
            for (uint32_t side = 0; side < 2; side++) {
                const uint32_t bit = at.bits < 32 ? side << at.bits : 0;
                const lfm_tree_branch below = {lfm_tree_child(record, side), at.path | bit, at.bits + 1};
                LFM_ASSERT(n < sizeof ahead / sizeof *ahead);
                ahead[n++] = below;
            }
        }
    }
    return true;
}

#endif
