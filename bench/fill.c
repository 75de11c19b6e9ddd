/* SPDX-License-Identifier: MIT */
#include "fill.h"
#include "measure.h"
#include "mix.h"
#include <lfmem/heap.h>

enum {
    CHURN = 20000,
    FILLS_MOST = 64,
    PICTURE_BYTES = 512 << 10
};

static double below_1(rng *r)
{
    return (double)(rng_next(r) >> 11) / (double)(UINT64_C(1) << 53);
}

/* Blocks in hand, and how many bytes were asked for. */
typedef struct hand {
    void *blocks[HEAP_BYTES / 16];
    size_t bytes[HEAP_BYTES / 16];
    size_t count, asked;
} hand;

static hand in_hand;

static void take(hand *h, void *block, size_t bytes)
{
    h->blocks[h->count] = block;
    h->bytes[h->count++] = bytes;
    h->asked += bytes;
}

/* Takes a block at random out of the hand. */
static void *drop_one(hand *h, rng *r)
{
    const size_t i = rng_below(r, (uint32_t)h->count);
    void *const block = h->blocks[i];
    h->asked -= h->bytes[i];
    h->blocks[i] = h->blocks[--h->count];
    h->bytes[i] = h->bytes[h->count];
    return block;
}

/* Makes one request after the other. For each that fails a block at random is freed; the next one has another size. */
static void churn(const contestant *who, rng *r, double *first, double *later)
{
    hand *const h = &in_hand;
    double sum = 0;
    size_t failures = 0;
    h->count = h->asked = 0;
    who->make(HEAP_BYTES, HEAP_UNIT);
    for (int i = 0; i < CHURN; i++) {
        size_t bytes = mix_bytes(r);
        void *block;
        while ((block = who->alloc(NULL, bytes)) == NULL) {
            const double full = (double)h->asked / HEAP_BYTES;
            *first = failures++ == 0 ? full : *first;
            sum += full;
            who->put(NULL, drop_one(h, r));
            bytes = mix_bytes(r);
        }
        take(h, block, bytes);
    }
    *later = sum / (double)failures;
}

static void quartiles(double *values, size_t n, double *out)
{
    out[1] = median(values, n);
    out[0] = values[n / 4];
    out[2] = values[n * 3 / 4];
}

void fill_measure(const contestant *who, unsigned fills, uint64_t seed, fill *out)
{
    static double first[FILLS_MOST], later[FILLS_MOST];
    rng r = {seed};
    for (unsigned i = 0; i < fills && i < FILLS_MOST; i++) {
        churn(who, &r, &first[i], &later[i]);
    }
    quartiles(first, fills, out->first);
    quartiles(later, fills, out->churn);
}

/* Half of the sizes are below 16 bytes, a quarter below 32, and so on. There are two calls for each byte of the heap.
 * The fuller the heap is, the more of them are frees: half of them where it is as full as `percent` says. */
double fill_served(const contestant *who, unsigned percent, uint64_t seed)
{
    enum {
        SMALL = 16384,
        RUNS = 20
    };
    hand *const h = &in_hand;
    const double target = SMALL / 100.0 * percent;
    rng r = {seed};
    size_t asked = 0, met = 0;
    for (int run = 0; run < RUNS; run++) {
        h->count = h->asked = 0;
        who->make(SMALL, 16);
        for (int i = 0; i < 2 * SMALL; i++) {
            const double full = (double)h->asked;
            const double frees = full < target ? full / target / 2 : (1 + (full - target) / (SMALL - target + 1)) / 2;
            if (h->count > 0 && below_1(&r) < frees) {
                who->put(NULL, drop_one(h, &r));
                continue;
            }
            double most = 16;
            while (below_1(&r) < 0.5) {
                most *= 2;
            }
            const size_t bytes = (size_t)(below_1(&r) * most);
            void *const block = who->alloc(NULL, bytes);
            asked++;
            if (block != NULL) {
                met++;
                take(h, block, bytes);
            }
        }
    }
    return (double)met / (double)asked;
}

typedef struct canvas {
    FILE *out;
    const char *fit;
    unsigned char *start;
} canvas;

static void draw_block(void *block, size_t bytes, bool taken, void *arg)
{
    const canvas *const c = arg;
    fprintf(c->out, "%s,%td,%zu,%d\n", c->fit, (unsigned char *)block - c->start, bytes, taken);
}

/* Takes blocks until 65 % of the bytes are asked for or none fits; then frees one for each that it takes. */
static void picture_of(canvas *c, lfm_heap_fit fit, rng *r)
{
    static _Alignas(4096) unsigned char storage[LFM_HEAP_STORAGE_BYTES(PICTURE_BYTES, HEAP_UNIT)];
    static lfm_heap heap;
    hand *const h = &in_hand;
    const lfm_heap_config config = {.fit = fit};
    h->count = h->asked = 0;
    c->start = storage;
    if (lfm_heap_init(&heap, storage, sizeof storage, &config) != LFM_OK) {
        abort();
    }
    for (int i = 0; i < CHURN; i++) {
        const size_t bytes = mix_bytes(r);
        void *block;
        while (h->asked + bytes > PICTURE_BYTES / 100 * 65 || (block = lfm_heap_alloc(&heap, bytes)) == NULL) {
            lfm_heap_free(&heap, drop_one(h, r));
        }
        take(h, block, bytes);
    }
    lfm_heap_visit(&heap, draw_block, c);
}

void fill_picture(FILE *out, uint64_t seed)
{
    static const char *const names[] = {
        [LFM_FIT_TRIMMED] = "trimmed", [LFM_FIT_BUDDY4] = "buddy4", [LFM_FIT_BUDDY2] = "buddy2"};
    fputs("fit,offset,bytes,taken\n", out);
    for (int fit = LFM_FIT_TRIMMED; fit <= LFM_FIT_BUDDY2; fit++) {
        rng r = {seed};
        canvas c = {.out = out, .fit = names[fit]};
        picture_of(&c, (lfm_heap_fit)fit, &r);
    }
}
