/* SPDX-License-Identifier: MIT */
/* A histogram of latencies whose buckets grow with the value: 16 in each octave, so a value is known to 1/16 from one
 * nanosecond to hours, in fixed memory and without a search. */
#ifndef LFM_BENCH_HISTOGRAM_H
#define LFM_BENCH_HISTOGRAM_H

#include <stdint.h>

enum {
    HISTOGRAM_SHIFT = 4, /* log2 of the buckets in an octave */
    HISTOGRAM_BUCKETS = (64 - HISTOGRAM_SHIFT + 1) << HISTOGRAM_SHIFT
};

typedef struct histogram {
    uint64_t count;
    uint64_t buckets[HISTOGRAM_BUCKETS];
} histogram;

/* Values below 32 have a bucket each; above, the highest bit says which octave and the next four which bucket. */
static inline unsigned histogram_bucket(uint64_t value)
{
    if (value < 1u << HISTOGRAM_SHIFT) {
        return (unsigned)value;
    }
    const unsigned octave = 63u - HISTOGRAM_SHIFT - (unsigned)__builtin_clzll(value);
    return (octave << HISTOGRAM_SHIFT) + (unsigned)(value >> octave);
}

/* The least value of a bucket. */
static inline uint64_t histogram_least(unsigned bucket)
{
    if (bucket < 2u << HISTOGRAM_SHIFT) {
        return bucket;
    }
    const unsigned octave = (bucket >> HISTOGRAM_SHIFT) - 1;
    return (uint64_t)(bucket - (octave << HISTOGRAM_SHIFT)) << octave;
}

static inline void histogram_add(histogram *h, uint64_t value)
{
    h->count++;
    h->buckets[histogram_bucket(value)]++;
}

static inline void histogram_merge(histogram *into, const histogram *from)
{
    into->count += from->count;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        into->buckets[i] += from->buckets[i];
    }
}

/* The least value such that `percent` of all are in its bucket or below; 100: the largest value's. */
static inline uint64_t histogram_percentile(const histogram *h, double percent)
{
    const double wanted = (double)h->count * (percent / 100);
    uint64_t seen = 0;
    unsigned last = 0;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += h->buckets[i];
        last = h->buckets[i] != 0 ? i : last;
        if (h->buckets[i] != 0 && (double)seen >= wanted) {
            return histogram_least(i);
        }
    }
    return histogram_least(last);
}

#endif
