/* SPDX-License-Identifier: MIT */
/* The digest by which a failing search knows that two rounds have read the same (heap_tree.h): rounds that differ do
 * not agree. Above all not if differences could cancel each other: one tag grows by x, and one by -x * 2^k after k
 * further words. */
#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wunused-function"
#endif
#include "heap_tree.h"
#include "support.h"

enum {
    WORDS = 24,
    TAG_BITS = LFM_WORD_BITS - 2 * LFM_WORD_UNITS - 1
};

static uint64_t digest_of(const lfm_word_ *words, size_t n)
{
    lfm_digest digest = {0, true};
    for (size_t i = 0; i < n; i++) {
        lfm_digest_add(&digest, words[i]);
    }
    return digest.sum;
}

/* Any states, and a tag that has not come far. */
static void fill(rng *random, lfm_word_ *words)
{
    for (size_t i = 0; i < WORDS; i++) {
        const lfm_word_ states = (lfm_word_)rng_next(random) & (2 * LFM_HEAP_WORD_REACHABLE - 1);
        words[i] = states + rng_below(random, 1000) * LFM_HEAP_WORD_TAG;
    }
}

Test(digest, two_tags)
{
    rng random = support_seed("digest tags");
    for (unsigned k = 1; k < WORDS && k + 1 < TAG_BITS; k++) {
        for (uint32_t tries = 0; tries < 40000; tries++) {
            lfm_word_ before[WORDS], after[WORDS];
            fill(&random, before);
            memcpy(after, before, sizeof before);
            const lfm_word_ x = ((lfm_word_)1 << (TAG_BITS - k)) - 1 - rng_below(&random, 2);
            after[0] += x * LFM_HEAP_WORD_TAG;
            after[k] -= (x << k) * LFM_HEAP_WORD_TAG;
            MUST(digest_of(before, k + 1) != digest_of(after, k + 1), "two words, %u apart, try %u", k, tries);
        }
    }
}

/* One word: never. The same words in another order, or one more of them: not here. */
Test(digest, one_word_or_another_order)
{
    rng random = support_seed("digest words");
    for (uint32_t tries = 0; tries < 200000; tries++) {
        lfm_word_ words[WORDS];
        fill(&random, words);
        const size_t i = rng_below(&random, WORDS - 1);
        const uint64_t before = digest_of(words, WORDS), shorter = digest_of(words, WORDS - 1);
        const lfm_word_ word = words[i], next = words[i + 1];
        words[i] += 1 + rng_below(&random, 4) * LFM_HEAP_WORD_TAG;
        MUST(digest_of(words, WORDS) != before && before != shorter, "word %zu, try %u", i, tries);
        words[i] = next;
        words[i + 1] = word;
        MUST(word == next || digest_of(words, WORDS) != before, "words %zu and the next, try %u", i, tries);
    }
}
