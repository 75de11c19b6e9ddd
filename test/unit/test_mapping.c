/* SPDX-License-Identifier: MIT */
/* Segments and dynamic pools in memory that comes to lie elsewhere, or is mapped at two addresses at once. */
#define _GNU_SOURCE
#include "support.h"
#include <sys/mman.h>
#include <unistd.h>

enum {
    POOLS = 2,
    MOST = 400
};

/* All that is shared, in one mapping. */
typedef struct shared {
    lfm_segment segment, metadata;
    lfm_dynpool pools[POOLS];
    _Alignas(64) unsigned char memory[6000];
    unsigned char notes[3000];
} shared;

/* Blocks that are taken, as bytes from the beginning of the mapping. */
typedef struct holder {
    size_t offsets[POOLS][MOST];
    size_t n[POOLS];
} holder;

static void make(shared *s, bool apart)
{
    const lfm_dynpool_config configs[POOLS] = {
        {20, 8, 5, LFM_UNLIMITED, 3, true, apart ? &s->metadata : NULL},
        {24, 4, 3, 60, 0, false, apart ? &s->metadata : NULL},
    };
    MUST(lfm_segment_init(&s->segment, s->memory + 8, sizeof s->memory - 8, 32) == LFM_OK, "segment");
    MUST(lfm_segment_init(&s->metadata, s->notes, sizeof s->notes, 1) == LFM_OK, "metadata");
    for (size_t i = 0; i < POOLS; i++) {
        MUST(lfm_dynpool_init(&s->pools[i], &s->segment, &configs[i]) == LFM_OK, "pool %zu", i);
    }
}

static size_t offset_in(const shared *s, const void *p)
{
    const size_t offset = (size_t)((const unsigned char *)p - (const unsigned char *)s);
    MUST(offset >= offsetof(shared, memory) && offset < offsetof(shared, notes), "%p is not in this mapping", p);
    return offset;
}

/* A random get or put through one address; `other` is the same memory at another, or NULL. */
static void call(rng *random, shared *s, shared *other, holder *h)
{
    const size_t i = rng_below(random, POOLS);
    if (h->n[i] == 0 || rng_below(random, 5) < 3) {
        unsigned char *block = lfm_dynpool_get(&s->pools[i]);
        if (block != NULL) {
            const size_t offset = offset_in(s, block);
            for (size_t k = 0; k < POOLS * MOST; k++) {
                MUST(k % MOST >= h->n[k / MOST] || h->offsets[k / MOST][k % MOST] != offset, "%zu is taken", offset);
            }
            memset(block, (int)offset, 20);
            h->offsets[i][h->n[i]++] = offset;
        }
        return;
    }
    const size_t at = rng_below(random, (uint32_t)h->n[i]), offset = h->offsets[i][at];
    unsigned char *block = (unsigned char *)s + offset;
    h->offsets[i][at] = h->offsets[i][--h->n[i]];
    support_show(block, 20);
    MUST(block[0] == (unsigned char)offset && block[19] == (unsigned char)offset, "bytes of the block at %zu", offset);
    if (other != NULL) {
        MUST(lfm_dynpool_put(&other->pools[i], block) == LFM_EFOREIGN, "an address of the other mapping");
    }
    MUST(lfm_dynpool_put(&s->pools[i], block + 1) == LFM_EINTERIOR, "interior");
    MUST(lfm_dynpool_put(&s->pools[i], block) == LFM_OK, "the block at %zu", offset);
    if (LFM_CHECKS >= 1 && other != NULL) {
        MUST(lfm_dynpool_put(&other->pools[i], (unsigned char *)other + offset) == LFM_EDOUBLEFREE, "twice");
    }
}

static void check(const shared *s, const holder *h)
{
    for (size_t i = 0; i < POOLS; i++) {
        lfm_dynpool_stats_t stats;
        lfm_dynpool_stats(&s->pools[i], &stats);
        MUST(stats.in_use == h->n[i], "%zu in use, not %zu", stats.in_use, h->n[i]);
        MUST(lfm_dynpool_check(&s->pools[i]) == LFM_OK, "pool %zu", i);
    }
}

/* Both are at multiples of 64, of which all alignments here are parts. */
Test(mapping, moved)
{
    rng random = support_seed("mapping.moved");
    for (size_t round = 0; round < 200; round++) {
        const size_t room = round_up(sizeof(shared) + 640, 64);
        unsigned char *old = aligned_alloc(64, room), *new = aligned_alloc(64, room);
        MUST(old != NULL && new != NULL, "no memory for the test");
        shared *s = (shared *)(void *)old;
        holder h = {.n = {0}};
        make(s, round % 2 == 0);
        for (uint32_t calls = rng_below(&random, 300); calls > 0; calls--) {
            call(&random, s, NULL, &h);
        }
        const size_t left = lfm_segment_remaining(&s->segment, 1);
        shared *t = (shared *)(void *)(new + round % 10 * 64);
        support_show(s, sizeof *s);
        memcpy((void *)t, s, sizeof *t);
        memset((void *)s, 0xFF, sizeof *s);
        MUST(lfm_segment_remaining(&t->segment, 1) == left, "%zu left", left);
        check(t, &h);
        for (size_t calls = 0; calls < 300; calls++) {
            call(&random, t, NULL, &h);
        }
        void *direct = lfm_segment_alloc(&t->segment, 1, 1);
        MUST(direct == NULL || offset_in(t, direct) > 0, "a direct allocation");
        check(t, &h);
        lfm_segment_reset(&t->segment);
        MUST(lfm_segment_alloc(&t->segment, sizeof t->memory - 8, 8) == t->memory + 8, "all of it");
        memset(t->memory, 1, sizeof t->memory);
        free(old);
        free(new);
    }
}

Test(mapping, at_two_addresses)
{
    rng random = support_seed("mapping.at_two_addresses");
    FILE *file = tmpfile();
    MUST(file != NULL && ftruncate(fileno(file), sizeof(shared)) == 0, "no file for the test");
    shared *at[2];
    for (size_t i = 0; i < 2; i++) {
        at[i] = mmap(NULL, sizeof(shared), PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0);
        MUST(at[i] != MAP_FAILED, "no mapping for the test");
    }
    MUST(at[0] != at[1], "two addresses");
    for (size_t round = 0; round < 100; round++) {
        holder h = {.n = {0}};
        for (size_t i = 0; i < 2; i++) {
            support_show(at[i], sizeof(shared));
        }
        make(at[round % 2], round % 3 == 0);
        for (size_t calls = 0; calls < 500; calls++) {
            const size_t i = rng_below(&random, 2);
            call(&random, at[i], at[1 - i], &h);
        }
        check(at[0], &h);
        check(at[1], &h);
        MUST(lfm_segment_remaining(&at[0]->segment, 64) == lfm_segment_remaining(&at[1]->segment, 64), "remaining");
        unsigned char *direct = lfm_segment_alloc(&at[0]->segment, 1, 1);
        MUST(direct == NULL ||
                 lfm_segment_alloc(&at[1]->segment, 1, 1) == (unsigned char *)at[1] + offset_in(at[0], direct) + 1,
             "the next byte");
        lfm_segment_reset(&at[round % 2]->segment);
        MUST(lfm_segment_alloc(&at[1]->segment, 1, 1) == at[1]->memory + 8, "from the start again");
    }
    for (size_t i = 0; i < 2; i++) {
        MUST(munmap(at[i], sizeof(shared)) == 0, "unmapped");
    }
    fclose(file);
}

/* Alignments beyond a page, and addresses that differ modulo them. */
enum {
    WIDE_PAGE = 4096,
    WIDE_ALIGN = 65536, /* the largest */
    WIDE_BYTES = 24 * WIDE_ALIGN,
    WIDE_BLOCKS = 300
};

typedef struct wide {
    lfm_segment segment, metadata;
    lfm_dynpool pool;
    unsigned char notes[16384];
    _Alignas(WIDE_PAGE) unsigned char memory[WIDE_BYTES];
} wide;

/* Two mappings, at so many bytes behind multiples of the largest alignment. */
typedef struct views {
    unsigned char *reserved[2];
    wide *at[2];
    FILE *file;
} views;

static views views_open(size_t skew, size_t skew2)
{
    const size_t skews[2] = {skew, skew2}, room = sizeof(wide) + 2 * WIDE_ALIGN;
    views v = {.file = tmpfile()};
    MUST(v.file != NULL && ftruncate(fileno(v.file), sizeof(wide)) == 0, "no file for the test");
    for (size_t i = 0; i < 2; i++) {
        v.reserved[i] = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        MUST(v.reserved[i] != MAP_FAILED, "no addresses for the test");
        unsigned char *const place = v.reserved[i] + (WIDE_ALIGN - (uintptr_t)v.reserved[i] % WIDE_ALIGN) + skews[i];
        v.at[i] = mmap(place, sizeof(wide), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fileno(v.file), 0);
        MUST((unsigned char *)v.at[i] == place, "no mapping for the test");
    }
    return v;
}

static void views_close(views *v)
{
    for (size_t i = 0; i < 2; i++) {
        support_show(v->at[i], sizeof(wide));
        MUST(munmap(v->reserved[i], sizeof(wide) + 2 * WIDE_ALIGN) == 0, "unmapped");
    }
    fclose(v->file);
}

/* Bytes from the segment's base to memory of so many bytes, which must be inside. */
static size_t place_in(const wide *w, const void *p, size_t bytes)
{
    const size_t place = (size_t)((uintptr_t)p - (uintptr_t)w->memory);
    MUST(place <= WIDE_BYTES && bytes <= WIDE_BYTES - place, "%zd is not in the segment", (ptrdiff_t)place);
    return place;
}

/* Gets, puts and direct allocations, each through a random view. Every block is in the segment, apart from all others,
 * and accepted in either view. It is aligned in the view in which the segment was made. */
static void use_both(rng *random, const views *v, const lfm_dynpool_config *config, size_t maker)
{
    const size_t padding = config->padded ? 8192 : 1;
    const size_t align = config->align > padding ? config->align : padding;
    wide *const made = v->at[maker];
    support_show(v->at[0], sizeof(wide));
    support_show(v->at[1], sizeof(wide));
    size_t places[WIDE_BLOCKS], n = 0, created = 0, direct_end = 0;
    MUST(lfm_segment_init(&made->segment, made->memory, WIDE_BYTES, 8192) == LFM_OK, "segment");
    MUST(lfm_segment_init(&made->metadata, made->notes, sizeof made->notes, 1) == LFM_OK, "metadata");
    lfm_dynpool_config own = *config;
    const size_t first = rng_below(random, 2); /* whose init computes the place of the initial blocks */
    own.metadata = &v->at[first]->metadata;
    const lfm_status status = lfm_dynpool_init(&v->at[first]->pool, &v->at[first]->segment, &own);
    MUST(status == LFM_OK, "pool: %s", lfm_status_string(status));
    for (size_t calls = 0; calls < 400; calls++) {
        wide *const w = v->at[rng_below(random, 2)];
        const uint32_t what = rng_below(random, 16);
        if (what == 0) {
            void *const direct = lfm_segment_alloc(&w->segment, 1, config->align);
            if (direct != NULL) {
                const size_t place = place_in(w, direct, 1);
                MUST((uintptr_t)(made->memory + place) % config->align == 0, "a direct allocation at %zu", place);
                MUST(place >= direct_end, "%zu is taken", place);
                direct_end = place + 1;
            }
        } else if (what < 10 && n < WIDE_BLOCKS) {
            void *const block = lfm_dynpool_get(&w->pool);
            if (block != NULL) {
                const size_t place = place_in(w, block, config->block_size);
                MUST((uintptr_t)(made->memory + place) % align == 0, "a block at %zu", place);
                for (size_t i = 0; i < n; i++) {
                    MUST(places[i] != place, "%zu is taken", place);
                }
                places[n++] = place;
            }
        } else if (n > 0) {
            const size_t i = rng_below(random, (uint32_t)n), place = places[i];
            places[i] = places[--n];
            MUST(lfm_dynpool_put(&w->pool, w->memory + place + 1) == LFM_EINTERIOR, "interior");
            MUST(lfm_dynpool_put(&w->pool, w->memory + place) == LFM_OK, "the block at %zu", place);
        }
        MUST(lfm_segment_remaining(&v->at[0]->segment, align) == lfm_segment_remaining(&v->at[1]->segment, align),
             "what remains differs");
    }
    for (size_t i = 0; i < 2; i++) {
        lfm_dynpool_stats_t stats;
        lfm_dynpool_stats(&v->at[i]->pool, &stats);
        created = stats.created;
        MUST(stats.in_use == n && lfm_dynpool_check(&v->at[i]->pool) == LFM_OK, "view %zu of %zu", i, created);
    }
    MUST(created > config->initial, "no block was created");
}

Test(mapping, alignment_beyond_a_page)
{
    rng random = support_seed("mapping.alignment_beyond_a_page");
    const size_t aligns[] = {8, 4096, 8192, 65536}, skews[] = {0, 4096, 8192, 36864};
    for (size_t s = 0; s < LENGTH(skews); s++) {
        views v = views_open(skews[s], skews[(s + 1) % LENGTH(skews)]);
        for (size_t a = 0; a < LENGTH(aligns); a++) {
            for (size_t round = 0; round < 8; round++) {
                const lfm_dynpool_config config = {.block_size = round % 2 == 0 ? 5000 : 100 + aligns[a],
                                                   .align = aligns[a],
                                                   .initial = round % 4 < 2 ? 0 : 2,
                                                   .maximum = LFM_UNLIMITED,
                                                   .grow = 2,
                                                   .padded = round >= 4};
                use_both(&random, &v, &config, round % 2);
            }
        }
        views_close(&v);
    }
}
