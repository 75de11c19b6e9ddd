/* SPDX-License-Identifier: MIT */
/* The histogram of the benchmark's latencies, against values that are sorted. */
#include "histogram.h"
#include "rng.h"
#include "support.h"

/* Each value is in the bucket that begins at or below it and ends above it, at most 1/16 away. */
Test(histogram, a_value_is_in_its_bucket)
{
    for (unsigned bucket = 0; bucket + 1 < HISTOGRAM_BUCKETS; bucket++) {
        const uint64_t least = histogram_least(bucket), next = histogram_least(bucket + 1);
        cr_assert_lt(least, next, "bucket %u", bucket);
        cr_assert_eq(histogram_bucket(least), bucket);
        cr_assert_eq(histogram_bucket(next - 1), bucket);
        cr_assert_leq(next - 1 - least, least / 16);
    }
    cr_assert_eq(histogram_bucket(UINT64_MAX), HISTOGRAM_BUCKETS - 1);
}

static int ascending(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

Test(histogram, percentiles_are_those_of_the_sorted_values)
{
    enum {
        COUNT = 20000
    };
    static histogram parts[2];
    static uint64_t values[COUNT];
    rng r = {1};
    for (int i = 0; i < COUNT; i++) {
        values[i] = rng_next(&r) >> (rng_below(&r, 60) + 2); /* of any size */
        histogram_add(&parts[i % 2], values[i]);
    }
    histogram_merge(&parts[0], &parts[1]);
    qsort(values, COUNT, sizeof *values, ascending);
    cr_assert_eq(parts[0].count, COUNT);
    const double percents[] = {0.01, 1, 50, 90, 99, 99.9, 99.99, 100};
    for (size_t i = 0; i < sizeof percents / sizeof *percents; i++) {
        const size_t rank = (size_t)(COUNT * percents[i] / 100 + 0.5);
        const uint64_t exact = values[rank - 1], told = histogram_percentile(&parts[0], percents[i]);
        cr_assert(told <= exact && exact - told <= told / 16, "%g %%: %llu for %llu", percents[i],
                  (unsigned long long)told, (unsigned long long)exact);
    }
}

Test(histogram, an_empty_one_has_no_percentiles)
{
    static histogram none;
    cr_assert_eq(histogram_percentile(&none, 99), 0);
}
