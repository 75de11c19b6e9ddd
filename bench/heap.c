/* SPDX-License-Identifier: MIT */
/* Quick figures of the heap: an alloc and a free with a store between them as R, the ratio to the bare pair of
 * compare-and-swaps (measure.h), in one thread and in two on cores of their own; how full the heap gets.
 *
 * Sizes: 64, 128 ... or 2048 bytes, and as much again less a byte at most, each as often as any other. A mix frees a
 * block at random and takes another one in its place; how many there are makes the heap about so full. The sequences
 * are drawn beforehand, and each thread takes its own blocks. */
#include "measure.h"
#include <lfmem/heap.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

enum {
    BYTES = 4 << 20,
    UNIT = 64,
    ROUNDS = 41,
    PAIRS = 32768,
    THREADS = 2,
    MOST_BLOCKS = 4096, /* of a thread */
    OCTAVES = 6
};

typedef struct step {
    uint16_t slot, bytes;
} step;

/* A thread and what it holds. */
typedef struct worker {
    _Alignas(128) pthread_t thread;
    unsigned number;
    size_t blocks;               /* held by a mix */
    uint16_t first[MOST_BLOCKS]; /* bytes of each to begin with */
    void *held[MOST_BLOCKS];
    step steps[PAIRS];
    double took;
} worker;

static unsigned char storage[LFM_HEAP_STORAGE_BYTES(BYTES, UNIT)] __attribute__((aligned(4096)));
static lfm_heap heap;
static worker workers[THREADS];
static uint64_t seed = 1;

static double random_01(void)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (double)(seed >> 11) / (double)(UINT64_C(1) << 53);
}

static uint16_t random_bytes(void)
{
    const unsigned least = (unsigned)UNIT << (unsigned)(random_01() * OCTAVES);
    return (uint16_t)(least + (unsigned)(random_01() * least));
}

/* What a block of so many bytes takes of the heap. */
static size_t taken(size_t bytes)
{
    const size_t unit = bytes <= 15 * UNIT ? UNIT : 16 * UNIT;
    return (bytes + unit - 1) / unit * unit;
}

static void *get_256(void *from)
{
    return lfm_heap_alloc(from, 256);
}

static void *get_64(void *from)
{
    return lfm_heap_alloc(from, 64);
}

static void put(void *from, void *block)
{
    lfm_heap_free(from, block);
}

static void same_size(worker *w)
{
    (void)w;
    ping_pong(PAIRS, get_256, put, &heap);
}

static void burst_of_32(worker *w)
{
    (void)w;
    burst(PAIRS, get_64, put, &heap);
}

static void mix(worker *w)
{
    for (int i = 0; i < PAIRS; i++) {
        void **const held = &w->held[w->steps[i].slot];
        lfm_heap_free(&heap, *held);
        *held = lfm_heap_alloc(&heap, w->steps[i].bytes);
        if (*held != NULL) {
            touch(*held, i);
        }
    }
}

static void make_heap(void)
{
    if (lfm_heap_init(&heap, storage, sizeof storage, NULL) != LFM_OK) {
        abort();
    }
}

/* Draws what each thread does. For a mix that is to begin with as many blocks as fill the heap to so many hundredths.
 */
static void draw(unsigned threads, unsigned percent)
{
    memset(workers, 0, sizeof workers);
    for (size_t used = 0; used < BYTES / 100 * (size_t)percent;) {
        for (unsigned t = 0; t < threads; t++) {
            worker *const w = &workers[t];
            const uint16_t bytes = random_bytes();
            w->first[w->blocks++] = bytes;
            used += taken(bytes);
        }
    }
    for (unsigned t = 0; t < threads; t++) {
        worker *const w = &workers[t];
        w->number = t;
        for (int i = 0; i < PAIRS; i++) {
            w->steps[i].slot = (uint16_t)(random_01() * (double)w->blocks);
            w->steps[i].bytes = random_bytes();
        }
    }
}

static const struct {
    const char *name;
    void (*run)(worker *w);
    unsigned percent;
} contestants[] = {
    {"same size, 256 bytes", same_size, 0},
    {"burst of 32 of 64 bytes", burst_of_32, 0},
    {"mix, 7 % full", mix, 7},
    {"mix, 75 % full", mix, 75},
};
enum {
    CONTESTANTS = sizeof contestants / sizeof contestants[0]
};

static void (*chosen)(worker *w);
static pthread_barrier_t start;

static void *work(void *arg)
{
    worker *const w = arg;
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(w->number, &cpus);
    pthread_setaffinity_np(pthread_self(), sizeof cpus, &cpus);
    for (size_t i = 0; i < w->blocks; i++) {
        w->held[i] = lfm_heap_alloc(&heap, w->first[i]);
    }
    pthread_barrier_wait(&start);
    const double began = now();
    chosen(w);
    w->took = now() - began;
    return NULL;
}

/* Nanoseconds of a pair, of all threads in all. *fair: the faster one's time to the slower one's. */
static double measure(unsigned threads, double *fair)
{
    double longest = 0, shortest = 1e18;
    pthread_barrier_init(&start, NULL, threads);
    for (unsigned t = 0; t < threads; t++) {
        pthread_create(&workers[t].thread, NULL, work, &workers[t]);
    }
    for (unsigned t = 0; t < threads; t++) {
        pthread_join(workers[t].thread, NULL);
        longest = workers[t].took > longest ? workers[t].took : longest;
        shortest = workers[t].took < shortest ? workers[t].took : shortest;
    }
    pthread_barrier_destroy(&start);
    *fair = shortest / longest;
    return longest / PAIRS / threads;
}

static void speed(void)
{
    static double ratios[CONTESTANTS][THREADS][ROUNDS], fair[CONTESTANTS][THREADS][ROUNDS], bare[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
        double before = bare[round] = bare_pair(PAIRS);
        for (int c = 0; c < CONTESTANTS; c++) {
            for (unsigned threads = 1; threads <= THREADS; threads++) {
                make_heap();
                draw(threads, contestants[c].percent);
                chosen = contestants[c].run;
                const double took = measure(threads, &fair[c][threads - 1][round]);
                const double after = bare_pair(PAIRS);
                ratios[c][threads - 1][round] = took / ((before + after) / 2);
                before = after;
            }
        }
    }
    printf("heap of 4 MiB, units of 64 bytes, %d-bit words; R = ratio to a bare pair, here %.1f ns\n", LFM_WORD_BITS,
           median(bare, ROUNDS));
    printf("%-25s %17s %22s %10s\n", "an alloc and a free", "R, 1 thread", "R, 2 threads, in all", "fairness");
    for (int c = 0; c < CONTESTANTS; c++) {
        double *one = ratios[c][0], *two = ratios[c][1];
        const double r1 = median(one, ROUNDS), r2 = median(two, ROUNDS);
        printf("%-25s %5.2f %.2f ... %.2f %8.2f %.2f ... %.2f %10.2f\n", contestants[c].name, r1, one[ROUNDS / 4],
               one[ROUNDS * 3 / 4], r2, two[ROUNDS / 4], two[ROUNDS * 3 / 4], median(fair[c][1], ROUNDS));
    }
}

/* Requested bytes to all bytes when the heap first fails, and at failures in churn. */
static void utilisation(void)
{
    enum {
        FILLS = 21,
        CHURN = 20000
    };
    static void *blocks[BYTES / UNIT];
    static uint16_t bytes[BYTES / UNIT];
    double first[FILLS], churn[FILLS];
    for (int fill = 0; fill < FILLS; fill++) {
        size_t n = 0, used = 0, failures = 0;
        double sum = 0;
        make_heap();
        first[fill] = 0;
        for (int i = 0; i < CHURN; i++) {
            bytes[n] = random_bytes();
            while ((blocks[n] = lfm_heap_alloc(&heap, bytes[n])) == NULL) {
                sum += (double)used / BYTES;
                first[fill] = failures++ == 0 ? sum : first[fill];
                const size_t gone = (size_t)(random_01() * (double)n);
                lfm_heap_free(&heap, blocks[gone]);
                used -= bytes[gone];
                blocks[gone] = blocks[--n];
                bytes[gone] = bytes[n];
                bytes[n] = random_bytes();
            }
            used += bytes[n++];
        }
        churn[fill] = sum / (double)failures;
    }
    printf("full at the first failure %.3f, at failures in churn %.3f (bytes asked for to all bytes)\n",
           median(first, FILLS), median(churn, FILLS));
}

/* A small heap, used as Zephyr's stress test of heaps does: sizes of which half are below 16 bytes, a quarter below 32
 * and so on; two calls for each byte of the heap; the fuller it is, the more of them are frees, and half if it is as
 * full as that. Prints how many requests in a hundred are met. */
static void served(unsigned percent)
{
    enum {
        SMALL = 16384,
        RUNS = 20,
        CALLS = 2 * SMALL
    };
    static void *blocks[SMALL / 16];
    static size_t bytes[SMALL / 16];
    const lfm_heap_config config = {.min_block = 16};
    const double target = SMALL / 100.0 * percent;
    size_t n = 0, used = 0, asked = 0, met = 0;
    for (int i = 0; i < CALLS * RUNS; i++) {
        if (i % CALLS == 0) {
            n = used = 0;
            if (lfm_heap_init(&heap, storage, LFM_HEAP_STORAGE_BYTES(SMALL, 16), &config) != LFM_OK) {
                abort();
            }
        }
        const double full = (double)used;
        const double frees = full < target ? full / target / 2 : (1 + (full - target) / (SMALL - target + 1)) / 2;
        if (n > 0 && random_01() < frees) {
            const size_t gone = (size_t)(random_01() * (double)n);
            lfm_heap_free(&heap, blocks[gone]);
            used -= bytes[gone];
            blocks[gone] = blocks[--n];
            bytes[gone] = bytes[n];
        } else {
            double most = 16;
            while (random_01() < 0.5) {
                most *= 2;
            }
            bytes[n] = (size_t)(random_01() * most);
            blocks[n] = lfm_heap_alloc(&heap, bytes[n]);
            asked++;
            if (blocks[n] != NULL) {
                met++;
                used += bytes[n++];
            }
        }
    }
    printf(" %.1f", 100.0 * (double)met / (double)asked);
}

int main(void)
{
    speed();
    utilisation();
    printf("requests met in 16 KiB of 16-byte units, kept 40, 60, 80 %% full:");
    served(40);
    served(60);
    served(80);
    puts(" %");
    return 0;
}
