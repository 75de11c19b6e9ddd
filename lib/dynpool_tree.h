/* SPDX-License-Identifier: MIT */
/* From the address of a grown block to its record: a digital search tree that only grows.
 *
 * A record is four units (of 2 or 4 bytes, the size of a link) in the metadata segment. Its number is how many units it
 * lies behind the link of block number 0, which makes it the number of its block: the link in it is where the free list
 * looks for it.
 *
 *     unit 0: link    of the free list
 *     unit 1: place   of the block: bytes / alignment of blocks, from the segment's base (rounded down to it)
 *     units 2 and 3: children  number + 1 of the next record, for a key with a next bit of 0 and of 1; 0: none
 *
 * Roots are 2^n units in a row, one for each value of the lowest n bits of a key. Where units have 2 bytes, roots and
 * children are halves of words of 4, of which nothing else is a half: there is no compare-and-swap for less.
 *
 * The key of a block is its place in units of the largest power of two that is no larger than the stride. Blocks lie
 * at least a stride apart, so keys differ. The record at depth d branches by bit d of the keys, lowest first, since
 * those are what neighbours differ in: n blocks in a row make a tree log2(n) deep; no tree is deeper than keys are
 * wide.
 *
 * Invariants
 * T1  A child is set once and stays. So a record that can be reached can always be reached, by the bits of its key.
 * T2  Place and children of a record are written before the record can be reached (release, TREE_CAS; acquire,
 *     TREE_LOAD); later only the children change, by compare-and-swap.
 *
 * Linearisation: a record is in the tree from its successful CAS on. A search that should find a block does: whoever
 * has a block's address has it from a get that returned after that. ABA: by T1 an empty child is the only one that a
 * CAS expects. Progress: lock-free: a CAS fails only if another record was added there (or beside it), or by itself. */
#ifndef LFM_LIB_DYNPOOL_TREE_H
#define LFM_LIB_DYNPOOL_TREE_H

#include "list.h"

#define LFM_RECORD_UNITS 4u
#define LFM_RECORD_NONE  UINT32_MAX
#define LFM_TREE_LEVELS  33u /* at most: one, and one for each bit of a key */
#define LFM_ROOT_SHARE   8u  /* that many records share a root, if there will be as many as there can be */

typedef struct lfm_tree {
    const lfm_list *list; /* roots and records are units of its links */
    uint32_t roots;       /* number of the first */
    unsigned root_bits;   /* of a key */
    unsigned key_shift;   /* from a place to its key */
} lfm_tree;

/* A slot is a unit, a root or a child, that can say the number of a record. In memory it is some bits of a word. */
typedef struct lfm_tree_ref {
    _Atomic(uint32_t) *word;
    uint32_t mask;
    unsigned shift;
} lfm_tree_ref;

static inline lfm_tree_ref lfm_tree_at(const lfm_tree *tree, uint32_t slot)
{
    _Atomic(uint32_t) *const words = tree->list->links;
    const lfm_tree_ref wide = {words + slot, UINT32_MAX, 0}, narrow = {words + slot / 2, UINT16_MAX, 16 * (slot % 2)};
    return tree->list->wide ? wide : narrow;
}

static inline uint32_t lfm_tree_root(const lfm_tree *tree, uint32_t key)
{
    return tree->roots + (key & (((uint32_t)1 << tree->root_bits) - 1));
}

static inline uint32_t lfm_tree_child(uint32_t record, uint32_t side)
{
    return record + 2 + side;
}

/* The record in a word that was loaded from a slot, or none. */
static inline uint32_t lfm_tree_record(lfm_tree_ref slot, uint32_t word)
{
    return (word >> slot.shift & slot.mask) - 1;
}

static inline uint32_t lfm_tree_load(const lfm_tree *tree, uint32_t slot)
{
    const lfm_tree_ref ref = lfm_tree_at(tree, slot);
    return lfm_tree_record(ref, LFM_LOAD(TREE_LOAD, ref.word));
}

static inline uint32_t lfm_record_offset(const lfm_list *list, uint32_t record)
{
    return LFM_LOAD_AT(RECORD, list->wide, list->links, record + 1);
}

static inline void lfm_record_init(const lfm_tree *tree, uint32_t record, uint32_t place)
{
    const lfm_list *list = tree->list;
    LFM_STORE(RECORD, lfm_tree_at(tree, lfm_tree_child(record, 0)).word, 0);
    LFM_STORE(RECORD, lfm_tree_at(tree, lfm_tree_child(record, 1)).word, 0);
    LFM_STORE_AT(RECORD, RECORD, list->wide, list->links, record + 1, place);
}

/* The record of the block with the same key as a place, or none. */
static inline uint32_t lfm_tree_find(const lfm_tree *tree, uint32_t place)
{
    const uint32_t key = place >> tree->key_shift;
    uint32_t slot = lfm_tree_root(tree, key);
    for (uint32_t left = key >> tree->root_bits;; left >>= 1) {
        const uint32_t record = lfm_tree_load(tree, slot);
        if (record == LFM_RECORD_NONE || lfm_record_offset(tree->list, record) >> tree->key_shift == key) {
            return record;
        }
        slot = lfm_tree_child(record, left & 1);
    }
}

/* Adds a record that lfm_record_init() made for this place. */
static inline void lfm_tree_add(const lfm_tree *tree, uint32_t record, uint32_t place)
{
    const uint32_t key = place >> tree->key_shift;
    lfm_tree_ref slot = lfm_tree_at(tree, lfm_tree_root(tree, key));
    uint32_t left = key >> tree->root_bits;
    uint32_t word = LFM_LOAD(TREE_LOAD, slot.word);
    for (;;) {
        const uint32_t there = lfm_tree_record(slot, word);
        if (there != LFM_RECORD_NONE) {
            slot = lfm_tree_at(tree, lfm_tree_child(there, left & 1));
            left >>= 1;
            word = LFM_LOAD(TREE_LOAD, slot.word);
        } else if (LFM_CAS_WEAK(TREE_CAS, TREE_FAIL, slot.word, &word, word | (record + 1) << slot.shift)) {
            return;
        }
    }
}

/* Where a walk has come to: a slot, and the low bits that the keys of all records behind it have. */
typedef struct lfm_tree_branch {
    uint32_t slot, path;
    unsigned bits; /* of the path */
} lfm_tree_branch;

/* What a walk tells of each record. False: the walk ends. */
typedef bool lfm_tree_visitor(const lfm_tree *tree, const lfm_tree_branch *at, uint32_t record, void *arg);

/* Goes through all trees. False: the visitor said so, or a way is longer than any key. `visit` is a constant. */
LFM_INLINE bool lfm_tree_walk(const lfm_tree *tree, lfm_tree_visitor *visit, void *arg)
{
    for (uint32_t root = 0; root >> tree->root_bits == 0; root++) {
        lfm_tree_branch ahead[LFM_TREE_LEVELS + 1]; /* one waits on each level */
        size_t n = 0;
        const lfm_tree_branch first = {tree->roots + root, root, tree->root_bits};
        ahead[n++] = first;
        while (n > 0) {
            const lfm_tree_branch at = ahead[--n];
            const uint32_t record = lfm_tree_load(tree, at.slot);
            if (record == LFM_RECORD_NONE) {
                continue;
            }
            if (at.bits >= LFM_TREE_LEVELS || !visit(tree, &at, record, arg)) {
                return false;
            }
            for (uint32_t side = 0; side < 2; side++) {
                const uint32_t bit = at.bits < 32 ? side << at.bits : 0;
                const lfm_tree_branch below = {lfm_tree_child(record, side), at.path | bit, at.bits + 1};
                ahead[n++] = below;
            }
        }
    }
    return true;
}

#endif
