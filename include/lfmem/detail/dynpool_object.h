/* SPDX-License-Identifier: MIT */
/** @file dynpool_object.h
 * A dynamic pool's control block and its state, how a static pool's storage is divided, and what such a pool begins as.
 * Private. */
#ifndef LFMEM_DETAIL_DYNPOOL_OBJECT_H
#define LFMEM_DETAIL_DYNPOOL_OBJECT_H

#include <lfmem/detail/pool_object.h>
#include <lfmem/detail/segment_object.h>

/* What changes. A static pool has it in an object of its own, so that all else is constant. */
typedef struct lfm_dynpool_state_ {
    /* the list of free blocks (an lfm_list_state_): written by every get and put */
    LFM_ATOMIC_(lfm_word_) head;
    LFM_ATOMIC_(uint32_t) peak; /* most blocks that were in use at once; monotonic */
    /* written by every get that grows the pool */
    LFM_ATOMIC_(uint32_t) created; /* blocks there are, or are about to be */
} lfm_dynpool_state_;

struct lfm_dynpool {
    lfm_dynpool_state_ own; /* the state of a pool that was made at run time; unused in a static one */
    /* constant after init. Addresses are those where the pool was made; less the origin, they are the same in every
     * mapping. */
    unsigned char *blocks;              /* the initial blocks */
    lfm_dynpool_state_ *state;          /* own, or that of a static pool */
    const void *origin;                 /* this object */
    const struct lfm_segment *segment;  /* of the blocks that are created later */
    const struct lfm_segment *metadata; /* of links and records */
    size_t links;                       /* bytes from the initial blocks to the link of index 0, modulo SIZE_MAX + 1 */
    size_t inverse;                     /* of the odd part of the stride */
    uint32_t cells;                     /* room for so many links: indices of blocks are 0 ... cells - 1 */
    uint32_t first;                     /* index of the first initial block */
    uint32_t initial;                   /* blocks */
    uint32_t maximum;                   /* blocks; UINT32_MAX: unlimited */
    uint32_t grow;                      /* blocks; 0: doubling */
    uint32_t stride;                    /* bytes that a block takes */
    uint32_t block_size;                /* bytes, as asked for */
    uint8_t wide;                       /* links of 4 bytes */
    uint8_t index_bits;
    uint8_t split_bits;
    uint8_t stride_shift; /* trailing zero bits of the stride */
    uint8_t offset_shift; /* log2 of the alignment of a block */
    uint8_t key_shift;    /* log2 of the stride, rounded down */
    uint8_t root_bits;    /* log2 of the number of roots */
    uint8_t type;         /* LFM_OBJECT_DYNPOOL_ or LFM_OBJECT_STATIC_DYNPOOL_ */
    uint16_t layout;      /* LFM_LAYOUT_ */
};

/* Cells of a record, and records for each root, once there are as many as there can be (dynpool_tree.h). */
#define LFM_RECORD_CELLS_ 4u
#define LFM_ROOT_SHARE_   8u

/* Of a static pool: the state, and that of the segment of its records. */
typedef struct lfm_dynpool_states_ {
    lfm_dynpool_state_ pool;
    lfm_segment_state_ records;
} lfm_dynpool_states_;

/* How the storage of a static pool is divided: blocks, roots, records, links of the initial blocks. These come last,
 * so that zeroed links lead from each block to the next, and from the last one to none. Numbers of cells. */
#define LFM_DYNPOOL_GROWN_(initial, maximum)  (LFM_CAST_(uint32_t, maximum) - LFM_CAST_(uint32_t, initial))
#define LFM_DYNPOOL_SHARES_(initial, maximum) (LFM_DYNPOOL_GROWN_(initial, maximum) / LFM_ROOT_SHARE_)
#define LFM_DYNPOOL_ROOT_BITS_(initial, maximum) \
    (LFM_DYNPOOL_SHARES_(initial, maximum) > 1 ? LFM_BITS_(LFM_DYNPOOL_SHARES_(initial, maximum)) - 1 : 1)
#define LFM_DYNPOOL_ROOTS_(initial, maximum)                                                                        \
    (LFM_DYNPOOL_GROWN_(initial, maximum) != 0 ? LFM_CAST_(uint32_t, 1) << LFM_DYNPOOL_ROOT_BITS_(initial, maximum) \
                                               : 0u)
#define LFM_DYNPOOL_RECORDS_(initial, maximum) (LFM_DYNPOOL_GROWN_(initial, maximum) * LFM_RECORD_CELLS_)
#define LFM_DYNPOOL_FIRST_(initial, maximum) \
    (LFM_DYNPOOL_ROOTS_(initial, maximum) + LFM_DYNPOOL_RECORDS_(initial, maximum))
#define LFM_DYNPOOL_CELLS_(initial, maximum) (LFM_DYNPOOL_FIRST_(initial, maximum) + LFM_CAST_(uint32_t, initial))

/* Whether links and cells have 4 bytes, and how many each has. */
#define LFM_DYNPOOL_OFFSETS_(segment_bytes, align) (LFM_SIZE_(segment_bytes) / LFM_SIZE_(align) + 1)
#define LFM_DYNPOOL_IS_WIDE_(segment_bytes, initial, maximum, align)             \
    (LFM_INDEX_BITS_(LFM_DYNPOOL_CELLS_(initial, maximum)) > LFM_LINK_2_BITS_ || \
     (LFM_DYNPOOL_GROWN_(initial, maximum) != 0 && LFM_DYNPOOL_OFFSETS_(segment_bytes, align) > UINT16_MAX))
#define LFM_DYNPOOL_CELL_BYTES_(segment_bytes, initial, maximum, align) \
    (LFM_DYNPOOL_IS_WIDE_(segment_bytes, initial, maximum, align) ? 4u : 2u)
#define LFM_DYNPOOL_SPLIT_BITS_(segment_bytes, initial, maximum, align) \
    LFM_SPLIT_(LFM_INDEX_BITS_(LFM_DYNPOOL_CELLS_(initial, maximum)),   \
               LFM_CAST_(int, LFM_DYNPOOL_CELL_BYTES_(segment_bytes, initial, maximum, align)) * 8)

/* Bytes of the storage: from its start to the cells, and of all. */
#define LFM_DYNPOOL_LINKS_(initial, block_size, align) \
    LFM_ROUND_UP_(LFM_SIZE_(initial) * LFM_POOL_STRIDE_(block_size, align), 4)
#define LFM_DYNPOOL_STORAGE_BYTES_(segment_bytes, initial, maximum, block_size, align) \
    (LFM_DYNPOOL_LINKS_(initial, block_size, align) +                                  \
     LFM_SIZE_(LFM_DYNPOOL_CELLS_(initial, maximum)) *                                 \
         LFM_DYNPOOL_CELL_BYTES_(segment_bytes, initial, maximum, align))

/* Whether that is no larger than an object can be, in arithmetic that does not overflow for good arguments. */
#define LFM_DYNPOOL_FITS_(initial, maximum, block_size, align)             \
    ((align) <= UINT32_MAX / 2 &&                                          \
     LFM_CAST_(uint64_t, initial) * LFM_POOL_STRIDE_(block_size, align) <= \
         LFM_CAST_(uint64_t, PTRDIFF_MAX) - LFM_CAST_(uint64_t, LFM_DYNPOOL_CELLS_(initial, maximum)) * 4 - 256)

/* The head at first: the first initial block on top, if there is one, and all other indices allocated. */
#define LFM_DYNPOOL_HEAD_(segment_bytes, initial, maximum, align)                              \
    (LFM_CAST_(lfm_word_, LFM_DYNPOOL_FIRST_(initial, maximum) >>                              \
                              LFM_DYNPOOL_SPLIT_BITS_(segment_bytes, initial, maximum, align)) \
         << LFM_INDEX_BITS_(LFM_DYNPOOL_CELLS_(initial, maximum)) |                            \
     LFM_DYNPOOL_FIRST_(initial, maximum))

/* A static dynamic pool. */
#define LFM_DYNPOOL_DEFINE_WITH(linkage, attributes, name, segment, segment_bytes, initial, maximum, grow, block_size, \
                                align)                                                                                 \
    LFM_STATIC_ASSERT_((maximum) >= 1 && (maximum) <= LFM_POOL_MAX_COUNT, #name ": maximum out of range");             \
    LFM_STATIC_ASSERT_(LFM_CAST_(uint64_t, initial) <= LFM_CAST_(uint64_t, maximum),                                   \
                       #name ": number of initial blocks out of range");                                               \
    LFM_STATIC_ASSERT_(LFM_DYNPOOL_CELLS_(initial, maximum) <= LFM_POOL_MAX_COUNT,                                     \
                       #name ": more blocks are to be created than there are records");                                \
    LFM_STATIC_ASSERT_((block_size) >= 1 && (block_size) <= UINT32_MAX / 2, #name ": block size out of range");        \
    LFM_STATIC_ASSERT_((align) >= 1 && ((align) & ((align)-1)) == 0, #name ": alignment is no power of two");          \
    LFM_STATIC_ASSERT_(LFM_CAST_(uint64_t, grow) <= UINT32_MAX, #name ": step of growth out of range");                \
    LFM_STATIC_ASSERT_(LFM_CAST_(uint64_t, segment_bytes) / LFM_CAST_(uint64_t, align) < UINT32_MAX,                   \
                       #name ": its segment has too many places for a block");                                         \
    LFM_STATIC_ASSERT_(LFM_DYNPOOL_FITS_(initial, maximum, block_size, align),                                         \
                       #name ": larger than an object can be");                                                        \
    LFM_ALIGNAS_((align) > 4 ? (align) : 4)                                                                            \
    attributes static unsigned char                                                                                    \
        name##_lfm_storage[LFM_DYNPOOL_STORAGE_BYTES_(segment_bytes, initial, maximum, block_size, align)];            \
    static lfm_dynpool_states_ name##_lfm_state = {                                                                    \
        {LFM_DYNPOOL_HEAD_(segment_bytes, initial, maximum, align), 0, (initial)}, {0}};                               \
    LFM_CONSTINIT_ static const lfm_segment name##_lfm_records[1] = {LFM_SEGMENT_AT_(                                  \
        name##_lfm_records, &name##_lfm_state.records,                                                                 \
        name##_lfm_storage + LFM_DYNPOOL_LINKS_(initial, block_size, align) +                                          \
            LFM_SIZE_(LFM_DYNPOOL_ROOTS_(initial, maximum)) *                                                          \
                LFM_DYNPOOL_CELL_BYTES_(segment_bytes, initial, maximum, align),                                       \
        LFM_SIZE_(LFM_DYNPOOL_GROWN_(initial, maximum) != 0 ? LFM_DYNPOOL_RECORDS_(initial, maximum) : 1) *            \
            LFM_DYNPOOL_CELL_BYTES_(segment_bytes, initial, maximum, align),                                           \
        1)};                                                                                                           \
    LFM_CONSTINIT_ LFM_CONST_##linkage lfm_dynpool name[1] = {{                                                        \
        {0, 0, 0},                                                                                                     \
        name##_lfm_storage,                                                                                            \
        &name##_lfm_state.pool,                                                                                        \
        (name),                                                                                                        \
        (segment),                                                                                                     \
        name##_lfm_records,                                                                                            \
        LFM_DYNPOOL_LINKS_(initial, block_size, align),                                                                \
        LFM_INVERSE_(LFM_ODD_(LFM_POOL_STRIDE_(block_size, align))),                                                   \
        LFM_DYNPOOL_CELLS_(initial, maximum),                                                                          \
        LFM_DYNPOOL_FIRST_(initial, maximum),                                                                          \
        (initial),                                                                                                     \
        (maximum),                                                                                                     \
        (grow),                                                                                                        \
        LFM_CAST_(uint32_t, LFM_POOL_STRIDE_(block_size, align)),                                                      \
        LFM_CAST_(uint32_t, block_size),                                                                               \
        LFM_DYNPOOL_IS_WIDE_(segment_bytes, initial, maximum, align),                                                  \
        LFM_CAST_(uint8_t, LFM_INDEX_BITS_(LFM_DYNPOOL_CELLS_(initial, maximum))),                                     \
        LFM_CAST_(uint8_t, LFM_DYNPOOL_SPLIT_BITS_(segment_bytes, initial, maximum, align)),                           \
        LFM_CAST_(uint8_t, LFM_BITS_(LFM_LOW_BIT_(LFM_POOL_STRIDE_(block_size, align))) - 1),                          \
        LFM_CAST_(uint8_t, LFM_BITS_(align) - 1),                                                                      \
        LFM_CAST_(uint8_t, LFM_BITS_(LFM_POOL_STRIDE_(block_size, align)) - 1),                                        \
        LFM_CAST_(uint8_t, LFM_DYNPOOL_ROOT_BITS_(initial, maximum)),                                                  \
        LFM_OBJECT_STATIC_DYNPOOL_,                                                                                    \
        LFM_CAST_(uint16_t, LFM_LAYOUT_),                                                                              \
    }}

/* The same over a segment that a definer made in this file. */
#define LFM_DYNPOOL_(linkage, name, segment, initial, maximum, grow, block_size, align)                     \
    LFM_DYNPOOL_DEFINE_WITH(linkage, , name, segment, sizeof segment##_lfm_storage, initial, maximum, grow, \
                            block_size, align)

#define LFM_DYNPOOL_DEFINE(name, segment, initial, maximum, grow, block_size, align) \
    LFM_DYNPOOL_(static, name, segment, initial, maximum, grow, block_size, align)
#define LFM_DYNPOOL_DEFINE_GLOBAL(name, segment, initial, maximum, grow, block_size, align) \
    LFM_DYNPOOL_(LFM_GLOBAL, name, segment, initial, maximum, grow, block_size, align)

#endif
