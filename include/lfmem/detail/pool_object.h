/* SPDX-License-Identifier: MIT */
/** @file pool_object.h
 * A pool's control block, how its storage is divided, and what a static pool begins as. Private. */
#ifndef LFMEM_DETAIL_POOL_OBJECT_H
#define LFMEM_DETAIL_POOL_OBJECT_H

#include <lfmem/detail/layout.h>

struct lfm_pool {
    /* the list (an lfm_list_state_) of a pool that was made at run time and is not sharded: written by every get and
     * put
     */
    LFM_ATOMIC_(lfm_word_) head;
    LFM_ATOMIC_(uint32_t) peak;
    /* constant after init */
    uint32_t count; /* blocks */
    uint8_t shards;
    uint8_t index_bits;    /* width of an index */
    uint8_t split_bits;    /* low bits of the count that are in the links */
    uint8_t stride_shift;  /* trailing zero bits of the stride */
    uint32_t shard_count;  /* blocks in the range of each shard but the last, which has the rest as well */
    unsigned char *blocks; /* blocks - origin: bytes from LFM_POOL_ORIGIN_ of this object to its first block */
    void *state;           /* state - origin: the same to the list of a pool that is not sharded, an lfm_list_state_ */
    const void *origin;    /* LFM_POOL_ORIGIN_ where a linker set it, else LFM_SIGNATURE_(LFM_OBJECT_POOL_) */
    size_t links;          /* bytes from the first block to the first link, modulo SIZE_MAX + 1; lists lie before it */
    size_t inverse;        /* of the odd part of the stride */
    uint32_t stride;       /* bytes from a block to the next */
    uint32_t block_size;   /* bytes, as asked for */
};

/* The origin of a static pool is its own address. At checks level 2, where all links have 4 bytes, it is that of a
 * field. So a library with other links does not take the pool for its own. In a pool of all zero bytes both are where
 * an empty list could be. */
#if LFM_CHECKS >= 2
#define LFM_POOL_ORIGIN_(pool) (&(pool)->blocks)
#define LFM_POOL_ORIGIN_AT_    offsetof(lfm_pool, blocks)
#else
#define LFM_POOL_ORIGIN_(pool) (pool)
#define LFM_POOL_ORIGIN_AT_    LFM_SIZE_(0)
#endif

/* How the storage of a pool is divided: blocks, [lists of the shards,] links. Bytes from its start. */
#define LFM_POOL_STRIDE_(block_size, align) LFM_ROUND_UP_(block_size, align)
#define LFM_POOL_TAIL_ALIGN_(count, shards) \
    ((shards) > 1 ? LFM_SIZE_(LFM_LIST_STRIDE_) : LFM_SIZE_(LFM_LINK_BYTES_(count)))
#define LFM_POOL_STORAGE_ALIGN_(count, align, shards) \
    (LFM_SIZE_(align) > LFM_POOL_TAIL_ALIGN_(count, shards) ? LFM_SIZE_(align) : LFM_POOL_TAIL_ALIGN_(count, shards))
#define LFM_POOL_LISTS_(count, block_size, align, shards) \
    LFM_ROUND_UP_(LFM_SIZE_(count) * LFM_POOL_STRIDE_(block_size, align), LFM_POOL_TAIL_ALIGN_(count, shards))
#define LFM_POOL_LINKS_(count, block_size, align, shards) \
    (LFM_POOL_LISTS_(count, block_size, align, shards) + ((shards) > 1 ? LFM_SIZE_(shards) * LFM_LIST_STRIDE_ : 0))

/* Bytes of it, if it is aligned to `align`. */
#define LFM_POOL_STORAGE_BYTES_SHARDED(count, block_size, align, shards)                                              \
    (LFM_POOL_LINKS_(count, block_size, align, shards) + LFM_SIZE_(count) * LFM_LINK_BYTES_(count) +                  \
     (LFM_POOL_TAIL_ALIGN_(count, shards) > LFM_SIZE_(align) ? LFM_POOL_TAIL_ALIGN_(count, shards) - LFM_SIZE_(align) \
                                                             : 0))

/* Whether the storage is no larger than an object can be, in arithmetic that does not overflow for good arguments. */
#define LFM_POOL_FITS_(count, block_size, align, shards)                                                  \
    ((align) <= UINT32_MAX / 2 && LFM_CAST_(uint64_t, count) * LFM_POOL_STRIDE_(block_size, align) <=     \
                                      LFM_CAST_(uint64_t, PTRDIFF_MAX) - LFM_CAST_(uint64_t, count) * 4 - \
                                          LFM_CAST_(uint64_t, shards) * LFM_LIST_STRIDE_ - 256)

/* Of a pool of a type. */
#define LFM_POOL_TYPE_(name, type) typedef __typeof__(type) name##_lfm_type

#ifdef __cplusplus
#define LFM_POOL_PUT_(name, block) lfm_pool_put(name, lfm_only_<name##_lfm_type *>(block))
#else
#define LFM_POOL_PUT_(name, block) _Generic((block), name##_lfm_type * : lfm_pool_put(name, (block)))
#endif

#if LFM_SHARDS
#define LFM_POOL_SHARDS_HINT_ ""
#else
#define LFM_POOL_SHARDS_HINT_ ": lfmem is built without shards (Meson: -Dshards=true; other builds: LFM_SHARDS=1)"
#endif

/* What is asked of a static pool's arguments. */
#define LFM_POOL_RIGHT_(name, count, block_size, align, shards)                                                   \
    LFM_STATIC_ASSERT_((count) >= 1 && (count) <= LFM_POOL_MAX_COUNT, #name ": number of blocks out of range");   \
    LFM_STATIC_ASSERT_((block_size) >= 1 && (block_size) <= UINT32_MAX / 2, #name ": block size out of range");   \
    LFM_STATIC_ASSERT_((align) >= 1 && ((align) & ((align)-1)) == 0, #name ": alignment is no power of two");     \
    LFM_STATIC_ASSERT_(LFM_POOL_FITS_(count, block_size, align, shards), #name ": larger than an object can be"); \
    LFM_STATIC_ASSERT_((shards) >= 1 && (shards) <= LFM_POOL_MAX_SHARDS && (shards) <= (count),                   \
                       #name ": number of shards out of range" LFM_POOL_SHARDS_HINT_)

/* Its control block, which is the object `self`. */
#define LFM_POOL_MADE_(self, name, count, block_size, align, shards)                                       \
    {                                                                                                      \
        {                                                                                                  \
            0, 0, (count), (shards), LFM_CAST_(uint8_t, LFM_INDEX_BITS_(count)),                           \
                LFM_CAST_(uint8_t, LFM_SPLIT_BITS_(count)),                                                \
                LFM_CAST_(uint8_t, LFM_BITS_(LFM_LOW_BIT_(LFM_POOL_STRIDE_(block_size, align))) - 1),      \
                (count) / (shards), name##_lfm_storage, (shards) > 1 ? LFM_NULL_ : &name##_lfm_state,      \
                LFM_POOL_ORIGIN_(self), LFM_POOL_LINKS_(count, block_size, align, shards),                 \
                LFM_INVERSE_(LFM_ODD_(LFM_POOL_STRIDE_(block_size, align))),                               \
                LFM_CAST_(uint32_t, LFM_POOL_STRIDE_(block_size, align)), LFM_CAST_(uint32_t, block_size), \
        }                                                                                                  \
    }

/* A static pool. */
#define LFM_POOL_DEFINE_WITH(linkage, attributes, name, count, block_size, align, shards)     \
    LFM_POOL_RIGHT_(name, count, block_size, align, shards);                                  \
    LFM_ALIGNAS_(LFM_POOL_STORAGE_ALIGN_(count, align, shards))                               \
    attributes static unsigned char                                                           \
        name##_lfm_storage[LFM_POOL_STORAGE_BYTES_SHARDED(count, block_size, align, shards)]; \
    static lfm_list_state_ name##_lfm_state;                                                  \
    LFM_CONSTINIT_ LFM_CONST_##linkage lfm_pool name[1] = LFM_POOL_MADE_(name, name, count, block_size, align, shards)

/* A pool whose shape a header declares. Storage and state are there once. So is a control block, for files that call
 * functions. Each file whose calls are in line has one of its own, so that it can be folded. Where only such calls use
 * that, nothing is left of it. All are at their own addresses, and lead to the same storage and state. */
#define LFM_POOL_DECLARE_SHAPE(name, count, block_size, align)                                 \
    LFM_POOL_RIGHT_(name, count, block_size, align, 1);                                        \
    enum {                                                                                     \
        name##_lfm_count = (count),                                                            \
        name##_lfm_block_size = (block_size),                                                  \
        name##_lfm_align = (align)                                                             \
    };                                                                                         \
    extern unsigned char name##_lfm_storage[LFM_POOL_STORAGE_BYTES(count, block_size, align)]; \
    extern lfm_list_state_ name##_lfm_state;                                                   \
    LFM_POOL_SEEN_(name)
#if LFM_INLINES_
#define LFM_POOL_ONCE_(name) name##_lfm_pool
#define LFM_POOL_SEEN_(name)                                   \
    extern const lfm_pool name##_lfm_pool[1] LFM_NAMED_(name); \
    __attribute__((unused)) static const lfm_pool name[1] =    \
        LFM_POOL_MADE_(name, name, name##_lfm_count, name##_lfm_block_size, name##_lfm_align, 1)
#else
#define LFM_POOL_ONCE_(name) name
#define LFM_POOL_SEEN_(name) extern const lfm_pool name[1] LFM_NAMED_(name)
#endif
#define LFM_POOL_DEFINE_DECLARED_IN(attributes, name)                                                          \
    LFM_ALIGNAS_(LFM_POOL_STORAGE_ALIGN_(name##_lfm_count, name##_lfm_align, 1))                               \
    attributes unsigned char                                                                                   \
        name##_lfm_storage[LFM_POOL_STORAGE_BYTES(name##_lfm_count, name##_lfm_block_size, name##_lfm_align)]; \
    lfm_list_state_ name##_lfm_state;                                                                          \
    LFM_CONSTINIT_ LFM_CONST_ lfm_pool LFM_POOL_ONCE_(name)[1] =                                               \
        LFM_POOL_MADE_(LFM_POOL_ONCE_(name), name, name##_lfm_count, name##_lfm_block_size, name##_lfm_align, 1)

/* The same in ordinary memory, with one list. */
#define LFM_POOL_(linkage, name, count, block_size, align) \
    LFM_POOL_DEFINE_WITH(linkage, , name, count, block_size, align, 1)

/* The same with block size and alignment of a type; and what another file sees of it. */
#define LFM_POOL_TYPED_(linkage, name, count, type) \
    LFM_POOL_TYPE_(name, type);                     \
    LFM_POOL_(linkage, name, count, sizeof(type), LFM_ALIGNOF_(type))
#define LFM_POOL_DECLARE_TYPED_(name, type) \
    LFM_POOL_TYPE_(name, type);             \
    LFM_POOL_DECLARE(name)

#define LFM_POOL_DECLARE_SHAPE_TYPE(name, count, type) \
    LFM_POOL_TYPE_(name, type);                        \
    LFM_POOL_DECLARE_SHAPE(name, count, sizeof(type), LFM_ALIGNOF_(type))

#define LFM_POOL_DEFINE_SHARDED(name, count, block_size, align, shards) \
    LFM_POOL_DEFINE_WITH(static, , name, count, block_size, align, shards)

#define LFM_POOL_DEFINE_IN(attributes, name, count, block_size, align) \
    LFM_POOL_DEFINE_WITH(static, attributes, name, count, block_size, align, 1)

#endif
